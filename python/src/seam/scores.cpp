#include <nlohmann/json.hpp>

#include "fcclip/core/boundary.h"
#include "fcclip/eval/score.h"
#include "fcclip/eval/score_json.h"
#include "fcclip/outputs/json_text.h"
#include "python/src/seam/seam.h"

namespace fcclip::seam {

Scored score_panoptic(const PanopticPaths& paths, const Progress& progress) {
  return translating_errors([&]() -> Scored {
    eval::PanopticScore score = eval::score_panoptic(
        {paths.truth_json, paths.prediction_json, paths.truth_pngs, paths.prediction_pngs},
        progress);
    return {outputs::json_text(eval::to_json(score)), std::move(score.remarks)};
  });
}

Scored score_instances(const std::string& truth_json, const std::string& results_json,
                       const Progress& progress) {
  return translating_errors([&]() -> Scored {
    eval::InstanceScore score = eval::score_instances({truth_json, results_json, {}}, progress);
    return {outputs::json_text(eval::to_json(score)), std::move(score.remarks)};
  });
}

Scored score_semantic(const SemanticPaths& paths, const Progress& progress) {
  return translating_errors([&]() -> Scored {
    if (paths.classes < 1 || paths.classes > 65535) {
      fail(ErrorCode::invalid_argument, paths.classes, " classes; expected 1 to 65535");
    }
    std::vector<std::string> names = paths.names;
    for (int64_t k = std::ssize(names); k < paths.classes; ++k)
      names.push_back("c" + std::to_string(k));
    const eval::SemanticScore score = eval::score_semantic(
        {paths.truth, paths.prediction, paths.classes, paths.ignore}, progress);
    return {outputs::json_text(eval::to_json(score, names, paths.ignore)), {}};
  });
}

}  // namespace fcclip::seam
