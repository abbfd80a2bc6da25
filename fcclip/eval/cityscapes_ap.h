#pragma once
// Average precision of instances by Cityscapes' rules, which are not COCO's.

#include <array>
#include <cstdint>
#include <vector>

#include "fcclip/eval/cityscapes_labels.h"

namespace fcclip::eval {

/// What was matched over all pictures; a few bytes a prediction are kept.
class CityscapesAp {
 public:
  static constexpr int kThresholds = 10;
  static constexpr int kClasses = static_cast<int>(kCityscapesThings.size());

  /// A prediction that has a pixel; a bit a threshold. Neither right nor wrong: not counted.
  struct Scored {
    double confidence = 0;
    uint16_t right = 0, wrong = 0;
  };
  /// Of one class, of one picture or of many.
  struct ClassResult {
    int64_t truths = 0;  ///< to be found
    std::vector<Scored> found;
  };

  /// `place` is the class's among kCityscapesThings.
  void add(int place, const ClassResult& result);
  void merge(const CityscapesAp& other);
  const std::array<ClassResult, kClasses>& results() const { return results_; }
  bool empty() const;

  /// 0 … 1; NaN for a class without truth.
  double precision(int place, int threshold) const;
  /// The mean over the thresholds; ap50: of the first alone.
  double ap(int place) const;
  double ap50(int place) const { return precision(place, 0); }

  /// IoU 0.50, 0.55 … 0.95, with the rounding of the official tool: a match is strictly above.
  static std::array<double, kThresholds> thresholds();

 private:
  std::array<ClassResult, kClasses> results_;
};

}  // namespace fcclip::eval
