#pragma once
// Precision over recall of one category, as COCOeval accumulates it.

#include <array>
#include <vector>

#include "fcclip/eval/average_precision.h"

namespace fcclip::eval {

/// Precision at each recall.
struct PrecisionCurve {
  static constexpr int kRecalls = 101;  ///< 0, 0.01 … 1
  double precision_sum = 0;             ///< of the interpolated precision at the recalls
  double recall = 0;                    ///< reached in all
};

/// The curves of one category, area range and limit of detections per picture.
class CategoryCurves {
 public:
  CategoryCurves(const std::vector<AveragePrecision::ImageResult>& results, int area, int64_t most);
  bool has_truth() const { return truths_ > 0; }
  /// threshold: index into IoU 0.50 … 0.95.
  PrecisionCurve at(int threshold) const;

 private:
  int area_;
  int64_t truths_ = 0;
  std::vector<const AveragePrecision::Scored*> detections_;  // falling score, all pictures
};

}  // namespace fcclip::eval
