#pragma once
// What an evaluation found, for people: lines of text.

#include <string>
#include <vector>

#include "fcclip/eval/flat_scores.h"
#include "fcclip/eval/summary.h"

namespace fcclip::eval {

/// "ade20k_150, 2000 images", then for each classifier a line a group of each task, in percent; "-"
/// where there is no number.
std::string evaluation_text(const EvaluationScores& scores);

/// A table a task with a row a combination, the best with a star; then which that is.
std::string sweep_text(const SweepScores& sweep);

/// A part of a line, "ade20k_150: PQ is 12.3, expected >=20", for each figure that the ensemble, or
/// the classifier that was asked alone, misses.
std::vector<std::string> missed_figures(const std::vector<Expectation>& expected,
                                        const EvaluationScores& scores,
                                        const std::string& data_set);

}  // namespace fcclip::eval
