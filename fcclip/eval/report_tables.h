#pragma once
// The tables of the HTML report. Internal to the folder.

#include <ostream>

#include <nlohmann/json_fwd.hpp>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/eval/semantic_score.h"

namespace fcclip::eval {

/// How the run was made: {"model", "fingerprint", …}, a row a key.
void write_run_table(std::ostream& out, const nlohmann::json& run);
/// A table a task: a row a number, a column a group of classes, the classifiers beside one another.
void write_score_tables(std::ostream& out, const nlohmann::json& scores);
/// All classes of one classifier, with what was counted.
void write_class_tables(std::ostream& out, const nlohmann::json& one);
/// The classes with the most true pixels against each other; it scrolls sideways within the page.
void write_confusion_table(std::ostream& out, const SemanticScore& score,
                           const classify::Vocabulary& vocabulary);

}  // namespace fcclip::eval
