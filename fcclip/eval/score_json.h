#pragma once
// Scores as JSON, for files and other programs.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "fcclip/eval/score.h"
#include "fcclip/eval/summary.h"

namespace fcclip::eval {

/// {"All", "Things", "Stuff", "per_class", "counts"}
nlohmann::json to_json(const PanopticScore& score);
/// {"bbox": {"stats12", …}, "segm": {…}, or null where the truth has no masks}; −1 as pycocotools
/// has it, null for a category the truth lacks.
nlohmann::json to_json(const InstanceScore& score);
/// {"class_names", "ignore_label", "metrics", "confusion…"}; percent; null where a class never
/// occurs.
nlohmann::json to_json(const SemanticScore& score, const std::vector<std::string>& names,
                       int64_t ignore);

/// {"dataset", "images", classifier: {"panoptic": {group: {metric: …}, "per_class": [{"name",
/// metric: …}]}, "instances": {"masks", "boxes"}, "semantic", and of Cityscapes "cityscapes":
/// {"instance", "semantic"} by its own rules}}; percent; null where nothing occurs. Of a sweep also
/// "sweep": {"axes": {setting: values}, "rows": [{"settings": {setting: value}, the same without
/// "per_class"}], "best": settings, "best_row": position, "best_by": "PQ"}.
nlohmann::json to_json(const EvaluationScores& scores);

}  // namespace fcclip::eval
