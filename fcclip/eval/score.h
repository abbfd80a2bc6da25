#pragma once
// Scores of saved predictions of any system, without a model; and their JSON form.

#include <filesystem>
#include <string>
#include <vector>

#include "fcclip/core/progress.h"
#include "fcclip/data/registry.h"
#include "fcclip/eval/average_precision.h"
#include "fcclip/eval/panoptic_quality.h"
#include "fcclip/eval/score_files.h"
#include "fcclip/eval/semantic_score.h"

namespace fcclip::eval {

/// Truth and predictions.
struct PanopticFiles {
  std::filesystem::path truth_json, prediction_json;
  std::filesystem::path truth_pngs, prediction_pngs;  ///< empty: the JSON's path without ".json"
};

/// What was measured, and remarks about the files.
struct PanopticScore {
  PanopticQuality quality;  ///< categories are positions in the list
  std::vector<Category> categories;
  std::vector<std::string> remarks;  ///< what was mended in the files, a line each
};

/// Pictures are read by several threads, one at a time each. Throws Error naming the file: a truth
/// without prediction, a prediction without truth, a PNG of another size, an unknown category or
/// segment id. All three count pictures, of 0 in all while JSON files are read, and throw
/// Error{interrupted} as their progress wants it.
PanopticScore score_panoptic(const PanopticFiles& files, const Progress& progress = {});

/// What was measured, and remarks about the files.
struct InstanceScore {
  AveragePrecision boxes{ApKind::box}, masks{ApKind::mask};
  std::vector<Category> categories;  ///< their positions are the scores' categories
  bool has_masks = true;             ///< false: the truth has boxes only
  std::vector<std::string> remarks;  ///< what was left out or mended, a line each
};
/// True objects, or a panoptic truth whose things are; and what was found.
struct InstanceFiles {
  std::filesystem::path truth_json, results_json;
  std::filesystem::path
      truth_pngs;  ///< of a panoptic truth; empty: the JSON's path without ".json"
};
/// Of files as pycocotools takes them. Throws as the readers of score_files.h;
/// Error{bad_format} where the truth has no pictures.
InstanceScore score_instances(const InstanceFiles& files, const Progress& progress = {});

/// Label maps of truth and predictions.
struct SemanticFolders {
  std::filesystem::path truth, prediction;  ///< PNGs of the same names, a label per pixel
  int64_t classes = 0, ignore = 255;
};
/// Throws Error{not_found, io_failure, bad_format}, also where a prediction holds the ignored label
/// and its truth does not.
SemanticScore score_semantic(const SemanticFolders& folders, const Progress& progress = {});

/// The label files of a published data set as they are downloaded or prepared, against positions in
/// its vocabulary as `eval` and `segment` write them (NAME.png, NAME.semantic.png). Which of the data set's forms
/// `truth` is in is told by its path, else by its files. Throws as above; Error{invalid_argument}
/// where it can't be told.
SemanticScore score_semantic(const data::DatasetSpec& data_set, const SemanticFolders& folders,
                             const Progress& progress = {});

}  // namespace fcclip::eval
