// fcclip classes: what is in a vocabulary, or which there are.

#include <algorithm>
#include <iomanip>
#include <iostream>

#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/classify/load_vocabulary.h"
#include "fcclip/core/error.h"

namespace fcclip::apps {
namespace {

using Json = nlohmann::ordered_json;

std::string joined(const std::vector<std::string>& parts, const char* separator) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : separator) + part;
  return out;
}

int64_t count_things(const classify::Vocabulary& vocabulary) {
  return std::count_if(vocabulary.classes.begin(), vocabulary.classes.end(),
                       [](const classify::VocabularyClass& entry) { return entry.is_thing; });
}

void list_builtin(bool json) {
  Json rows = Json::array();
  for (const classify::BuiltinVocabulary& entry : classify::builtin_vocabularies()) {
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
              << " classes, " << std::setw(4) << things
              << " things   also: " << joined(entry.aliases, ", ") << '\n';
  }
  if (json) std::cout << rows.dump(1) << '\n';
}

/// The form that --vocabulary reads: what is printed can be edited and used.
Json to_json(const classify::Vocabulary& vocabulary) {
  Json rows = Json::array();
  for (const classify::VocabularyClass& entry : vocabulary.classes) {
    Json row = {{"id", entry.id},
                {"name", joined(entry.synonyms, ",")},
                {"isthing", entry.is_thing ? 1 : 0}};
    if (entry.colour_rgb) row["color"] = *entry.colour_rgb;
    rows.push_back(std::move(row));
  }
  return {{"name", vocabulary.name}, {"categories", std::move(rows)}};
}

void list_classes(const std::string& spec, bool json) {
  const classify::Vocabulary vocabulary = classify::load_vocabulary(spec);
  if (json) {
    std::cout << to_json(vocabulary).dump(1) << '\n';
    return;
  }
  for (const classify::VocabularyClass& entry : vocabulary.classes) {
    std::cout << std::right << std::setw(6) << entry.id
              << (entry.is_thing ? "  thing  " : "  stuff  ") << joined(entry.synonyms, " | ")
              << '\n';
  }
}

void classes(const std::string& spec, bool json) {
  if (spec.empty())
    list_builtin(json);
  else
    list_classes(spec, json);
  if (!std::cout.flush()) fail(ErrorCode::io_failure, "cannot write to the standard output");
}

}  // namespace

void add_classes(CLI::App& app) {
  struct Flags {
    std::string spec;
    bool json = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("classes", "List a vocabulary, or the built-in ones");
  command->add_option("vocabulary", flags->spec, "Built-in name, file, or several joined by '+'")
      ->type_name("VOCABULARY");
  command->add_flag("--json", flags->json, "Print JSON, in the form that --vocabulary reads");
  command->footer(
      "Examples:\n"
      "  fcclip classes\n"
      "  fcclip classes ade20k --json > words.json");
  command->callback([flags] { classes(flags->spec, flags->json); });
}

}  // namespace fcclip::apps
