// fcclip classes: what is in a vocabulary, or which there are.

#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <iostream>

#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/classify/vocabulary_text.h"
#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/io/file_kind.h"
#include "fcclip/model/model_file.h"
#include "fcclip/words/load_vocabulary.h"
#include "fcclip/words/row_file.h"

namespace fcclip::apps {
namespace {

using Json = nlohmann::ordered_json;

int64_t count_things(const classify::Vocabulary& vocabulary) {
  return std::count_if(vocabulary.classes.begin(), vocabulary.classes.end(),
                       [](const classify::VocabularyClass& entry) { return entry.is_thing; });
}

void list_builtin(bool json) {
  Json rows = Json::array();
  std::vector<classify::BuiltinVocabulary> all = classify::builtin_vocabularies();
  all.push_back({std::string(classify::kEverything), {}, ""});
  for (const classify::BuiltinVocabulary& entry : all) {
    const classify::Vocabulary vocabulary = classify::builtin_vocabulary(entry.name);
    const int64_t classes = static_cast<int64_t>(vocabulary.classes.size());
    const int64_t things = count_things(vocabulary);
    if (json) {
      rows.push_back({{"name", entry.name},
                      {"aliases", entry.aliases},
                      {"classes", classes},
                      {"things", things}});
      continue;
    }
    std::cout << std::left << std::setw(22) << entry.name << std::right << std::setw(5) << classes
              << " classes, " << std::setw(4) << things << " things   "
              << (entry.aliases.empty() ? "all of the above" : "also: " + listed(entry.aliases))
              << '\n';
  }
  if (json) std::cout << rows.dump(1) << '\n';
}

void warn_of_list(LogLevel level, const std::string& message) {
  if (level == LogLevel::warning) std::cerr << "fcclip: warning: " << message << '\n';
}

/// A file of weights: it is asked for the words it was trained on.
bool is_weights(const std::string& spec) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(spec, ignored)) return false;
  return io::file_kind_at(spec).form != io::WeightForm::none && !words::is_row_file(spec);
}

classify::Vocabulary training_words(const std::string& model) {
  classify::Vocabulary words = model::load_config(model).training_vocabulary;
  if (!words.classes.empty()) return words;
  fail(ErrorCode::not_found, model,
       " does not say what it was trained on; every word counts as unseen");
}

struct ClassesFlags {
  std::string spec, model;
  bool json = false;
};

void list_classes(const ClassesFlags& flags) {
  const bool of_model = is_weights(flags.spec);
  const classify::Vocabulary vocabulary =
      of_model ? training_words(flags.spec) : words::load_question(flags.spec, warn_of_list);
  std::vector<bool> seen;
  if (of_model) seen.assign(vocabulary.classes.size(), true);
  if (!flags.model.empty()) {
    seen = classify::seen_classes(vocabulary, training_words(flags.model));
  }
  if (flags.json) {
    std::cout << classify::vocabulary_json(vocabulary, seen) << '\n';
  } else {
    std::cout << classify::vocabulary_text(vocabulary, seen);
  }
}

void classes(const ClassesFlags& flags) {
  if (flags.spec.empty())
    list_builtin(flags.json);
  else
    list_classes(flags);
  if (!std::cout.flush()) fail(ErrorCode::io_failure, "cannot write to the standard output");
}

}  // namespace

void add_classes(CLI::App& app) {
  auto flags = std::make_shared<ClassesFlags>();
  CLI::App* command = app.add_subcommand(
      "classes", "List a vocabulary, what a model was trained on, or the built-in vocabularies");
  command
      ->add_option("vocabulary", flags->spec,
                   "Built-in name, file, several joined by '+', or a model file")
      ->type_name("VOCABULARY");
  command
      ->add_option("-m,--model", flags->model,
                   "Say of every class whether this model has seen it in training")
      ->type_name("FILE");
  command->add_flag("--json", flags->json, "Print JSON, in the form that --vocabulary reads");
  command->footer(
      "Examples:\n"
      "  fcclip classes\n"
      "  fcclip classes ade20k --json > words.json\n"
      "  fcclip classes model.safetensors\n"
      "  fcclip classes world --model model.safetensors");
  command->callback([flags] { classes(*flags); });
}

}  // namespace fcclip::apps
