#pragma once
// Scores of saved predictions by Cityscapes' own rules.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "fcclip/core/progress.h"
#include "fcclip/eval/cityscapes_ap.h"
#include "fcclip/eval/cityscapes_iou.h"

namespace fcclip::eval {

/// Truth as downloaded, predictions as Cityscapes' server takes them.
struct CityscapesFolders {
  std::filesystem::path truth;  ///< gtFine, its val is taken; or any folder of *_gtFine_*Ids.png
  std::filesystem::path instances;  ///< a text file a picture, with masks; empty: not scored
  std::filesystem::path semantic;   ///< a PNG of label ids a picture; empty: not scored
};

/// What was measured.
struct CityscapesScore {
  int64_t pictures = 0;
  std::optional<CityscapesAp> instances;
  std::optional<CityscapesIou> semantic;
  std::vector<std::string> remarks;  ///< about the files, a line each
};

/// Pictures are read by several threads, one at a time each. Predictions of pictures that the truth
/// lacks are passed over, as the official tools do. Throws Error{invalid_argument} when nothing is to
/// be scored; Error{not_found, bad_format, shape_mismatch} naming the file: a missing prediction, a
/// map or mask of another size, values that are no ids, what read_cityscapes_predictions refuses.
CityscapesScore score_cityscapes(const CityscapesFolders& folders, const Progress& progress = {});

/// {"instance": {"AP", "AP50", "classes": {name: {"ap", "ap50%"}}, "ap_class_x_overlap", "overlaps",
/// "labels"}, "semantic": {"averageScoreClasses", …, "classScores", …}}, 0 … 1, null where there is
/// nothing to score; the keys of the official tools' results. Only what was scored.
nlohmann::json to_json(const CityscapesScore& score);

}  // namespace fcclip::eval
