#pragma once
// A data set that is evaluated on: opened, and what of it is measured.

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fcclip/data/dataset_split.h"
#include "fcclip/eval/evaluate_options.h"
#include "fcclip/eval/flat_scores.h"

namespace fcclip::eval {

/// An open data set and how it is measured.
struct EvaluationTarget {
  std::string name;   ///< of the output folder
  std::string title;  ///< as reports call it
  std::unique_ptr<data::DatasetSplit> split;
  int64_t detections = 0;     ///< most of a picture that count; 0: as many as the model gives
  bool has_instances = true;  ///< false: its panoptic truth is not scored as instances
  std::vector<std::string> remarks;       ///< on what is not measured, a line each
  segmenter::EncodeSize asked_size = {};  ///< in place of the published one, as somebody typed it
  EvaluateOptions options;  ///< tasks, sizes; classifiers and thresholds come from the model
};

/// A data set of data/registry.h below `root`, in its published size. Throws as find_dataset (with
/// `advice`) and open_split do.
EvaluationTarget open_target(const std::string& name, const std::filesystem::path& root,
                             std::string_view advice = "");

/// Somebody's own data set.
struct OwnData {
  std::filesystem::path images;
  std::filesystem::path panoptic_json, panoptic_pngs;  ///< no PNGs named: data::panoptic_png_folder
  std::filesystem::path instances_json, label_pngs;
  int64_t ignore_label = 255;
  classify::Vocabulary vocabulary;       ///< empty: the files' own
  std::string picture_suffix;            ///< empty: those of all picture files
  std::string panoptic_suffix = ".png";  ///< behind the picture's name in the PNG's
  std::string label_suffix;              ///< empty: .png and .tif
  bool may_lack_pictures = false;        ///< as data::SplitFiles has it

  bool has_truth() const {
    return !panoptic_json.empty() || !instances_json.empty() || !label_pngs.empty();
  }
};
/// Called as its file, or as the folder where the file's name says nothing. Throws as DatasetSplit
/// does.
EvaluationTarget open_target(const OwnData& own);

/// What is measured: these ("panoptic", "instance", "semantic"), or none named: all that the truth
/// and the views (options.views, set before) allow. Throws Error{invalid_argument} for a task of
/// which it has no truth.
void choose_tasks(EvaluationTarget& target, const std::vector<std::string>& tasks);

/// Before a run, of targets whose tasks are chosen: refuses a figure of a data set that is not
/// among them, and one of a task that they are not asked for. Throws Error{invalid_argument}.
void check_expectations(const std::vector<Expectation>& expected,
                        std::span<const EvaluationTarget> targets);

}  // namespace fcclip::eval
