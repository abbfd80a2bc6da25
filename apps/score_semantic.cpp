// fcclip score semantic: label maps against the truth.

#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "apps/option_checks.h"
#include "apps/score_kinds.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/core/error.h"
#include "fcclip/data/registry.h"
#include "fcclip/eval/score_json.h"
#include "fcclip/eval/score_tables.h"
#include "fcclip/outputs/json_text.h"
#include "fcclip/words/load_vocabulary.h"

namespace fcclip::apps {
namespace {

std::vector<std::string> class_names(const ScoreFlags& flags) {
  std::vector<std::string> names;
  const std::string vocabulary = flags.names.empty() && !flags.data_set.empty()
                                     ? data::find_dataset(flags.data_set).vocabulary
                                     : flags.names;
  if (!vocabulary.empty()) {
    for (const auto& entry : words::load_vocabulary(vocabulary).classes) {
      names.push_back(entry.synonyms.front());
    }
  }
  for (int64_t k = std::ssize(names); k < flags.classes; ++k)
    names.push_back("c" + std::to_string(k));
  return names;
}

void need_classes(const ScoreFlags& flags) {
  if (flags.classes > 0 || !flags.data_set.empty()) return;
  fail(ErrorCode::invalid_argument,
       "--class-count NUMBER is needed, or --dataset NAME for the files of a published data set");
}

void score_semantic(const ScoreFlags& flags) {
  need_classes(flags);
  const std::vector<std::string> names = class_names(flags);
  const auto score = [&] {
    const eval::SemanticFolders folders{flags.truth, flags.prediction, flags.classes, flags.ignore};
    const Progress progress = cli::bar_until_stopped("scoring", "images");
    if (flags.data_set.empty()) return eval::score_semantic(folders, progress);
    return eval::score_semantic(data::find_dataset(flags.data_set), folders, progress);
  }();
  if (flags.json) {
    std::cout << outputs::json_text(eval::to_json(
        score, names,
        flags.data_set.empty() ? flags.ignore : data::find_dataset(flags.data_set).ignore_label));
    return;
  }
  std::cout << eval::score_table(score, names);
}

void refuse_classes(const std::string& value) {
  fail(ErrorCode::invalid_argument,
       "--classes names words in other commands; the number of classes is --class-count ", value);
}

}  // namespace

void add_score_semantic(CLI::App& score) {
  auto flags = std::make_shared<ScoreFlags>();
  CLI::App* semantic =
      add_score_kind(score, *flags, "semantic", "Folders of label PNGs with equal names");
  semantic->add_option("--class-count", flags->classes, "Number of classes")
      ->check(whole_number(1, 65535));
  // Elsewhere they are words; until 0.1 it was this number.
  semantic->add_option_function<std::string>("--classes", refuse_classes)
      ->group("")
      ->type_name("NUMBER")
      ->trigger_on_parse();
  semantic->add_option("--ignore", flags->ignore, "Label that is not scored")
      ->capture_default_str();
  semantic
      ->add_option("--dataset", flags->data_set,
                   "The truth is in the form of this data set of eval, the prediction as eval "
                   "writes it; instead of the other options")
      ->type_name("DATASET");
  semantic->add_option("--names", flags->names, "Vocabulary whose names are shown")
      ->type_name("VOCABULARY");
  semantic->footer(
      "Example:\n"
      "  fcclip score semantic truth/ prediction/ --class-count 150 --names ade20k");
  semantic->callback([flags] { score_semantic(*flags); });
}

}  // namespace fcclip::apps
