#include "fcclip/train/expected_figures.h"

#include "fcclip/eval/flat_scores.h"

namespace fcclip::train {

std::vector<std::string> missed_figures(SegmentationTask& task, const SegmentationConfig& config,
                                        const engine::LoopResult& result) {
  const auto expected = eval::parse_expectations(config.run.expect);
  if (!result.finished || expected.empty()) return {};
  const engine::Numbers scores =
      result.scores.empty() ? task.evaluate(result.steps_done) : result.scores;
  const std::string& name = config.evaluation.name;
  return eval::missed(expected, scores, name.empty() ? "own" : name);
}

}  // namespace fcclip::train
