#pragma once
// The instances of one picture of Cityscapes against what was found.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/eval/cityscapes_ap.h"
#include "fcclip/results/rle.h"

namespace fcclip::eval {

/// One picture's truth, and the predictions that are compared with it one by one.
class CityscapesInstances {
 public:
  /// instance_ids [h, w] int32: label id, or label id · 1000 + number. Throws Error{bad_format}
  /// naming `file` for a value of no class.
  CityscapesInstances(const at::Tensor& instance_ids, std::string_view file);

  /// A found instance of the class with this label id; classes that are not scored are passed over.
  /// mask [h, w] uint8: not 0 is inside. Throws Error{shape_mismatch} for another size.
  void add(int label, double confidence, const at::Tensor& mask);
  void add(int label, double confidence, const results::Rle& mask);

  /// What all of them are worth.
  void score(CityscapesAp& sums) const;

 private:
  struct Region {
    int label = 0;
    bool is_void = false, is_wanted = false;  ///< wanted: a single instance, large enough
    int64_t pixels = 0;
    int64_t times_ignored = 0;  ///< its pixels excuse a prediction so many times
  };
  struct Found {
    double confidence = 0;
    int64_t region = -1;  ///< the only one whose IoU may be above 0.5
    double iou = 0;       ///< with it
    double excused = 0;   ///< share of the pixels in void, groups, small instances
  };

  void add_covered(int label, double confidence, const std::vector<int64_t>& covered);
  void match(const std::vector<Found>& all, double threshold, uint16_t bit,
             CityscapesAp::ClassResult& result) const;

  at::Tensor region_of_, region_of_columns_;  // [h, w], [w, h] int32
  std::vector<Region> regions_;
  std::array<std::vector<Found>, CityscapesAp::kClasses> found_;
};

}  // namespace fcclip::eval
