#include "fcclip/eval/precision_curve.h"

#include <algorithm>
#include <limits>

namespace fcclip::eval {

CategoryCurves::CategoryCurves(const std::vector<AveragePrecision::ImageResult>& results, int area,
                               int64_t most)
    : area_(area) {
  for (const AveragePrecision::ImageResult& image : results) {
    truths_ += image.truth_count[area];
    for (const AveragePrecision::Scored& scored : image.detections) {
      if (scored.rank < most) detections_.push_back(&scored);
    }
  }
  std::stable_sort(detections_.begin(), detections_.end(),
                   [](const auto* a, const auto* b) { return a->score > b->score; });
}

PrecisionCurve CategoryCurves::at(int threshold) const {
  // numpy's spacing(1): keeps 0 / 0 from happening, and the official digits.
  constexpr double kTiny = std::numeric_limits<double>::epsilon();
  const auto bit = static_cast<uint16_t>(1u << threshold);
  std::vector<double> recalls, precisions;
  double hits = 0, misses = 0;
  for (const AveragePrecision::Scored* scored : detections_) {
    if ((scored->ignored[area_] & bit) == 0) {
      ((scored->matched[area_] & bit) != 0 ? hits : misses) += 1;
    }
    recalls.push_back(hits / static_cast<double>(truths_));
    precisions.push_back(hits / (misses + hits + kTiny));
  }
  PrecisionCurve curve;
  if (!recalls.empty()) curve.recall = recalls.back();
  for (size_t i = precisions.size(); i-- > 1;) {
    precisions[i - 1] = std::max(precisions[i - 1], precisions[i]);
  }
  for (int r = 0; r < PrecisionCurve::kRecalls; ++r) {
    const double wanted = r == PrecisionCurve::kRecalls - 1 ? 1.0 : 0.01 * r;
    const auto place = std::lower_bound(recalls.begin(), recalls.end(), wanted);
    if (place == recalls.end()) break;
    curve.precision_sum += precisions[place - recalls.begin()];
  }
  return curve;
}

}  // namespace fcclip::eval
