#pragma once
// mIoU and its relatives, equal to detectron2's SemSegEvaluator, boundary IoU included.

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::eval {

/// Of one class, 0 … 1.
struct SemanticClassScore {
  double iou = 0, accuracy = 0;  ///< NaN for a class that never occurs in the truth
  double boundary_iou = 0;       ///< NaN when neither truth nor prediction has a boundary of it
};

/// Over all classes, 0 … 1.
struct SemanticSummary {
  double mean_iou = 0, frequency_weighted_iou = 0, mean_accuracy = 0, pixel_accuracy = 0;
  std::vector<SemanticClassScore> classes;
};

/// What messages call the two maps.
struct LabelNames {
  std::string truth = "truth", prediction = "prediction";
};

/// Confusion counts of labels; memory is (classes + 1)² however many pictures are added.
class SemanticScore {
 public:
  /// boundary: also count boundary IoU (at most 254 classes, as in detectron2).
  explicit SemanticScore(int64_t classes, bool boundary = true);

  /// truth, prediction [h, w] int32: contiguous labels; truth may hold `ignore`, such pixels are
  /// left out; pixels predicted as `ignore` count nowhere, as in detectron2. Throws Error{shape_mismatch};
  /// Error{bad_format} naming the label that is out of range and whose it is.
  void add(const at::Tensor& truth, const at::Tensor& prediction, int64_t ignore,
           const LabelNames& names = {});
  void merge(const SemanticScore& other);

  SemanticSummary summary() const;
  /// Row: prediction, column: truth; the last of each is "ignored".
  const std::vector<int64_t>& confusion() const { return confusion_; }
  const std::vector<int64_t>& boundary_confusion() const { return boundary_confusion_; }
  /// Counts made before; `cell` as in the lists above.
  void add_count(int64_t cell, int64_t count) { confusion_.at(cell) += count; }
  void add_boundary_count(int64_t cell, int64_t count) { boundary_confusion_.at(cell) += count; }
  int64_t classes() const { return classes_; }
  bool has_boundary() const { return boundary_; }

 private:
  int64_t classes_;
  bool boundary_;
  std::vector<int64_t> confusion_, boundary_confusion_;
};

/// The mean of IoU over those of `classes` that occur; NaN when none does.
double mean_iou(const SemanticSummary& summary, const std::vector<int64_t>& classes);

/// detectron2's label boundaries: label minus the minimum label within round(0.02 · diagonal)
/// pixels, outside counting as 0. labels [h, w] int32.
at::Tensor label_boundary(const at::Tensor& labels);

}  // namespace fcclip::eval
