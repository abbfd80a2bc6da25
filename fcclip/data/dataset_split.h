#pragma once
// A data set to be scored on: pictures with their true segments, instances and labels, as far as
// its files have them.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fcclip/data/coco_index.h"
#include "fcclip/data/dataset.h"
#include "fcclip/data/match_pictures.h"
#include "fcclip/data/truth.h"

namespace fcclip::data {

/// What the values of a label PNG mean.
enum class LabelCoding {
  contiguous,            ///< position in the vocabulary
  from_one,              ///< position + 1; 0 is not labelled
  dataset_ids,           ///< the vocabulary's ids; other values are not labelled
  dataset_ids_minus_one  ///< the vocabulary's ids less 1
};

/// Where the files are, and how they are named; a path left empty is a truth the data set lacks.
struct SplitFiles {
  std::vector<std::filesystem::path> pictures;
  std::vector<std::string> picture_suffixes;  ///< empty: those of all picture files
  std::filesystem::path panoptic_json, panoptic_pngs, instances_json, labels;
  std::string panoptic_suffix = ".png";  ///< what follows the picture's name in the PNG's
  std::vector<std::string> label_suffixes = {".png", ".tif"};
  LabelCoding coding = LabelCoding::contiguous;
  int64_t ignore_label = 255;
  /// A picture that is missing fails when it is read; otherwise the whole data set is refused.
  bool may_lack_pictures = false;
  Tick tick = {};      ///< called while annotation files are read; what it throws ends that
  std::string advice;  ///< ends the message about a missing file: what to download, how to prepare
};

/// Ids of a picture and what they stand for.
struct PanopticTruth {
  at::Tensor ids;  ///< [h, w] int32, 0 is void
  std::vector<TruthSegment> segments;
  std::vector<int64_t> areas_px;  ///< per segment, as the JSON says; counted where it does not
};

/// A data set with truth, read picture by picture.
class DatasetSplit : public Dataset {
 public:
  /// Throws Error{not_found, bad_format} naming the file: what it is when it is of another kind,
  /// the pictures that are missing. A vocabulary without classes is taken from the annotation
  /// file's categories.
  DatasetSplit(SplitFiles files, classify::Vocabulary vocabulary);

  int64_t size() const override { return static_cast<int64_t>(pictures_.size()); }
  Sample get(int64_t index) const override;
  const classify::Vocabulary& vocabulary() const override { return vocabulary_; }
  std::vector<std::string> remarks() const override { return remarks_; }

  /// From the annotation files, without a look at pixels; label maps are read.
  std::vector<int64_t> classes_of(int64_t index) const override;

  const Picture& picture(int64_t index) const { return pictures_.at(index); }
  bool has_panoptic() const { return !panoptic_.empty(); }
  bool has_instances() const { return has_instances_; }
  /// Label maps of their own, or those that the panoptic truth implies.
  bool has_labels() const { return !labels_.empty() || has_panoptic(); }

  /// Thread-safe. Throw Error{not_found, bad_format} naming the file: a map of another size than
  /// its annotation (a picture turned by its EXIF orientation is said to be), unknown ids and
  /// categories. [H, W, 3] uint8.
  at::Tensor rgb(int64_t index) const;
  PanopticTruth panoptic(int64_t index) const;
  PictureInstances instances(int64_t index) const;
  /// [h, w] int32: position in the vocabulary; −1 is not labelled. Throws Error{not_found,
  /// io_failure, bad_format}.
  at::Tensor labels(int64_t index) const;

 private:
  void read_annotations(CocoIndex& panoptic, CocoIndex& instances);
  void take_vocabulary(const CocoIndex& panoptic, const CocoIndex& instances);
  void take_pictures(CocoIndex panoptic, CocoIndex instances);
  void take_labels(const FileTable& pictures);
  int64_t class_of(int64_t category_id, const std::filesystem::path& file) const;
  Size size_of(int64_t index) const;
  const std::filesystem::path& annotation_file() const;

  SplitFiles files_;
  classify::Vocabulary vocabulary_;
  std::map<int64_t, int64_t> class_of_id_;
  std::vector<Picture> pictures_;
  std::vector<CocoPicture> panoptic_;                // as pictures_
  std::map<int64_t, CocoPicture> instances_;         // by position in pictures_
  std::map<int64_t, std::filesystem::path> labels_;  // likewise
  std::vector<std::string> remarks_;
  bool has_instances_ = false;
};

}  // namespace fcclip::data
