#pragma once
// IoU and iIoU of Cityscapes' classes and categories, equal to its own tool.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/eval/cityscapes_labels.h"

namespace fcclip::eval {

/// What messages call the three maps of a picture.
struct CityscapesMapNames {
  std::string labels = "labels", instances = "instances", prediction = "prediction";
};

/// Confusion counts of label ids, and how much of each true instance was found.
class CityscapesIou {
 public:
  /// A true instance of a class that is scored.
  struct Instance {
    int label = 0;
    int64_t pixels = 0;
    int64_t hit = 0, category_hit = 0;  ///< of them predicted as its class, as any of its category
  };

  /// labels, instances, prediction [h, w] int32: label ids 0 … 33; instances as instanceIds PNGs
  /// have them. Throws Error{shape_mismatch}; Error{bad_format} naming the value that is none and
  /// whose it is.
  void add(const at::Tensor& labels, const at::Tensor& instances, const at::Tensor& prediction,
           const CityscapesMapNames& names = {});
  /// Sums do not depend on how pictures were dealt out, as long as their order is kept.
  void merge(const CityscapesIou& other);

  /// 0 … 1; NaN where there is nothing to score: classes that are not, or that occur nowhere, and
  /// for iIoU those without instances. iIoU weighs each true instance by the mean size of its class
  /// over its own.
  double iou(int label) const;
  double instance_iou(int label) const;
  double category_iou(std::string_view category) const;
  double category_instance_iou(std::string_view category) const;

  static constexpr int kCells = kCityscapesLabels * kCityscapesLabels;
  /// Row: truth, column: prediction.
  const std::array<int64_t, kCells>& confusion() const { return confusion_; }
  const std::vector<Instance>& instances() const { return instances_; }
  bool empty() const;
  /// Counts made before.
  void add_count(int64_t cell, int64_t count) { confusion_.at(cell) += count; }
  void add_instance(const Instance& instance) { instances_.push_back(instance); }

 private:
  void count_labels(const at::Tensor& labels, const at::Tensor& prediction,
                    const CityscapesMapNames& names);
  void count_instances(const at::Tensor& instances, const at::Tensor& prediction,
                       const CityscapesMapNames& names);
  /// Σ of the cells whose truth and prediction are chosen.
  template <typename Truth, typename Prediction>
  int64_t sum(const Truth& is_truth, const Prediction& is_prediction) const;
  /// Weighted pixels found over weighted pixels and `false_pixels`, of the instances chosen.
  template <typename Chosen>
  double weighted_iou(const Chosen& is_chosen, int64_t Instance::*hit, int64_t false_pixels) const;

  std::array<int64_t, kCells> confusion_{};
  std::vector<Instance> instances_;
};

/// The mean of those that are numbers; NaN when none is.
double mean_of_numbers(const std::vector<double>& values);

}  // namespace fcclip::eval
