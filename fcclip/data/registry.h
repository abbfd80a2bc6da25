#pragma once
// The benchmarks by name: a table, not code for each.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fcclip/data/dataset_split.h"

namespace fcclip::data {

/// A form that the labels may be in; the first whose folder exists is taken.
struct LabelForm {
  std::string folder;
  std::vector<std::string> suffixes;
  LabelCoding coding;
};

/// How a published benchmark is laid out below the root and scored. Folders are those of the
/// reference (datasets/README.md there).
struct DatasetSpec {
  std::string name;
  std::vector<std::string> aliases;
  std::string vocabulary;        ///< built in
  std::string thing_vocabulary;  ///< of its instances file alone, built in; empty: the same
  std::vector<std::string> pictures, picture_suffixes;
  std::string panoptic_json, panoptic_pngs, panoptic_suffix, instances_json;
  std::vector<LabelForm> labels;
  int64_t ignore_label = 255;
  int64_t short_side = 800, max_side = 1333;
  /// Scores are resized instead of masks, as the reference does where only labels are scored.
  bool resized_late = false;
  int64_t detections = 0;        ///< most of a picture that count; 0: as many as the model gives
  bool scores_instances = true;  ///< false: things of its panoptic truth have no AP of their own
  std::string cityscapes_truth;  ///< folder of gtFine, for Cityscapes' own metrics
  std::string download;          ///< what to download, from where
  std::string unpack;            ///< folder below the root in which that is unpacked
  std::string prepare;  ///< what `fcclip prepare` is asked for the missing files; may be empty
};

/// Which pictures of a data set.
enum class Split {
  validation,  ///< those that results are published on
  training
};

/// All of them, in the order of `fcclip eval --help`.
const std::vector<DatasetSpec>& published_datasets();

/// By name or alias; case and '-' or '_' do not matter. nullptr where it is none.
const DatasetSpec* known_dataset(std::string_view name);

/// The same; throws Error{invalid_argument} listing the names, with `advice` behind them.
const DatasetSpec& find_dataset(std::string_view name, std::string_view advice = "");

/// "download val2017.zip … from cocodataset.org into /data/coco".
std::string download_advice(const DatasetSpec& spec, const std::filesystem::path& root);

/// The files of a split: `spec` itself, or with the folders and files of the training split in
/// place of the validation's, as the reference has them.
DatasetSpec split_of(const DatasetSpec& spec, Split split);

/// Where the files of a spec lie below the root; of several label forms the one that is there.
SplitFiles files_of(const DatasetSpec& spec, const std::filesystem::path& root);

/// Throws Error{not_found} for a missing file: names it, what to download and how to prepare it.
std::unique_ptr<DatasetSplit> open_split(const DatasetSpec& spec,
                                         const std::filesystem::path& root);

/// `given`, or $FCCLIP_DATASETS, or $DETECTRON2_DATASETS, or "datasets".
std::filesystem::path datasets_root(const std::string& given);

}  // namespace fcclip::data
