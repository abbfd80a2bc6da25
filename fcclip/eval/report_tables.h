#pragma once
// The tables of the HTML report. Internal to the folder.

#include <ostream>
#include <string>
#include <vector>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/eval/html_report.h"
#include "fcclip/eval/semantic_score.h"
#include "fcclip/eval/summary.h"

namespace fcclip::eval {

/// The keys of scores as people write them: "PQ" of "pq".
std::string heading_of(const std::string& key);
/// How the run was made, a row a fact.
void write_run_table(std::ostream& out, const std::vector<RunFact>& facts);
/// A table a task: a row a number, a column a group of classes, the classifiers beside one another.
void write_score_tables(std::ostream& out, const EvaluationScores& scores);
/// All classes of one classifier, with what was counted.
void write_class_tables(std::ostream& out, const RunSummary& one);
/// The classes with the most true pixels against each other; it scrolls sideways within the page.
void write_confusion_table(std::ostream& out, const SemanticScore& score,
                           const classify::Vocabulary& vocabulary);

}  // namespace fcclip::eval
