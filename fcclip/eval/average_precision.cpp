#include "fcclip/eval/average_precision.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "fcclip/eval/precision_curve.h"

namespace fcclip::eval {
namespace {

using ImageResult = AveragePrecision::ImageResult;
constexpr int kAreas = AveragePrecision::kAreas;
constexpr int kThresholds = AveragePrecision::kThresholds;
constexpr int64_t kMostDetections = 100;

constexpr std::array<std::array<double, 2>, kAreas> kAreaRanges = {
    {{0, 1e10}, {0, 32 * 32}, {32 * 32, 96 * 96}, {96 * 96, 1e10}}};

// To the last bit as numpy's linspace gives them: overlaps of whole pixels do fall on thresholds.
double threshold(int index) {
  return index == kThresholds - 1 ? 0.95 : 0.5 + index * ((0.95 - 0.5) / (kThresholds - 1));
}

bool outside(double area, int range) {
  return area < kAreaRanges[range][0] || area > kAreaRanges[range][1];
}

// All truths and detections of one category in one picture.
class ImageMatcher {
 public:
  ImageMatcher(ApKind kind, std::vector<const InstanceTruth*> truths,
               std::vector<const Detection*> detections)
      : truths_(std::move(truths)), detections_(std::move(detections)) {
    std::stable_sort(detections_.begin(), detections_.end(),
                     [](const auto* a, const auto* b) { return a->score > b->score; });
    if (std::ssize(detections_) > kMostDetections) detections_.resize(kMostDetections);
    for (const Detection* detection : detections_) {
      for (const InstanceTruth* truth : truths_) {
        overlaps_.push_back(
            kind == ApKind::box
                ? results::box_iou(detection->box_xywh_px, truth->box_xywh_px, truth->is_crowd)
                : results::iou(detection->mask, truth->mask, truth->is_crowd));
      }
    }
  }

  ImageResult match(int64_t image_id) {
    ImageResult result{image_id, {}, {}};
    for (size_t d = 0; d < detections_.size(); ++d) {
      result.detections.push_back({detections_[d]->score, static_cast<int16_t>(d), {}, {}});
    }
    for (int area = 0; area < kAreas; ++area) {
      order_truths(area);
      result.truth_count[area] =
          static_cast<int32_t>(std::count(ignored_.begin(), ignored_.end(), false));
      for (int t = 0; t < kThresholds; ++t) match_at(area, t, result);
    }
    return result;
  }

 private:
  // Truths that count come first: a detection takes one of them before it falls on an ignored one.
  void order_truths(int area) {
    ignored_.clear();
    for (const InstanceTruth* truth : truths_) {
      ignored_.push_back(truth->is_crowd || outside(truth->area_px, area));
    }
    order_.resize(truths_.size());
    std::iota(order_.begin(), order_.end(), size_t{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [&](size_t a, size_t b) { return !ignored_[a] && ignored_[b]; });
  }

  void match_at(int area, int t, ImageResult& result) {
    std::vector<bool> taken(truths_.size(), false);
    for (size_t d = 0; d < detections_.size(); ++d) {
      const int64_t best = best_truth(d, threshold(t), taken);
      AveragePrecision::Scored& scored = result.detections[d];
      const auto bit = static_cast<uint16_t>(1u << t);
      if (best >= 0) {
        taken[best] = true;
        scored.matched[area] |= bit;
        if (ignored_[best]) scored.ignored[area] |= bit;
      } else if (outside(detections_[d]->area_px, area)) {
        scored.ignored[area] |= bit;
      }
    }
  }

  int64_t best_truth(size_t detection, double least, const std::vector<bool>& taken) const {
    double overlap = std::min(least, 1 - 1e-10);
    int64_t best = -1;
    for (const size_t g : order_) {
      if (taken[g] && !truths_[g]->is_crowd) continue;
      if (best >= 0 && !ignored_[best] && ignored_[g]) break;
      const double candidate = overlaps_[detection * truths_.size() + g];
      if (candidate < overlap) continue;
      overlap = candidate;
      best = static_cast<int64_t>(g);
    }
    return best;
  }

  std::vector<const InstanceTruth*> truths_;
  std::vector<const Detection*> detections_;
  std::vector<double> overlaps_;  // [detections, truths]
  std::vector<bool> ignored_;
  std::vector<size_t> order_;
};

// Means over thresholds and categories of what the curves give.
class Averager {
 public:
  Averager(const std::map<int64_t, std::vector<ImageResult>>& results,
           const std::vector<int64_t>& categories) {
    for (const int64_t category : categories) {
      const auto found = results.find(category);
      if (found != results.end()) chosen_.push_back(&found->second);
    }
  }

  double precision(int area, int first, int last) const {
    return mean(area, kMostDetections, first, last, [](const PrecisionCurve& curve) {
      return std::pair(curve.precision_sum, static_cast<int64_t>(PrecisionCurve::kRecalls));
    });
  }
  double recall(int area, int64_t most) const {
    return mean(area, most, 0, kThresholds,
                [](const PrecisionCurve& curve) { return std::pair(curve.recall, int64_t{1}); });
  }

 private:
  template <typename Value>
  double mean(int area, int64_t most, int first, int last, const Value& value) const {
    double sum = 0;
    int64_t count = 0;
    for (const std::vector<ImageResult>* results : chosen_) {
      const CategoryCurves curves(*results, area, most);
      if (!curves.has_truth()) continue;
      for (int t = first; t < last; ++t) {
        const auto [add, weight] = value(curves.at(t));
        sum += add;
        count += weight;
      }
    }
    return count > 0 ? sum / static_cast<double>(count) : -1;
  }

  std::vector<const std::vector<ImageResult>*> chosen_;
};

}  // namespace

void use_box_areas(std::vector<Detection>& detections) {
  for (Detection& d : detections) {
    if (!d.box_is_of_mask) d.area_px = d.box_xywh_px[2] * d.box_xywh_px[3];
  }
}

void AveragePrecision::add_image(int64_t image_id, const std::vector<InstanceTruth>& truths,
                                 const std::vector<Detection>& detections) {
  std::map<int64_t, std::pair<std::vector<const InstanceTruth*>, std::vector<const Detection*>>>
      split;
  for (const InstanceTruth& truth : truths) split[truth.class_index].first.push_back(&truth);
  for (const Detection& one : detections) split[one.class_index].second.push_back(&one);
  for (auto& [category, both] : split) {
    ImageMatcher matcher(kind_, std::move(both.first), std::move(both.second));
    std::vector<ImageResult>& results = by_category_[category];
    ImageResult result = matcher.match(image_id);
    // The official sums run over pictures in the order of their ids.
    const auto place =
        std::upper_bound(results.begin(), results.end(), image_id,
                         [](int64_t id, const ImageResult& other) { return id < other.image_id; });
    results.insert(place, std::move(result));
  }
}

void AveragePrecision::merge(const AveragePrecision& other) {
  for (const auto& [category, results] : other.by_category_) {
    std::vector<ImageResult>& mine = by_category_[category];
    mine.insert(mine.end(), results.begin(), results.end());
    std::stable_sort(mine.begin(), mine.end(), [](const ImageResult& a, const ImageResult& b) {
      return a.image_id < b.image_id;
    });
  }
}

std::vector<int64_t> AveragePrecision::categories() const {
  std::vector<int64_t> ids;
  for (const auto& [category, results] : by_category_) ids.push_back(category);
  return ids;
}

ApSummary AveragePrecision::summary() const {
  return summary(categories());
}

ApSummary AveragePrecision::summary(const std::vector<int64_t>& categories) const {
  const Averager mean(by_category_, categories);
  ApSummary out;
  out.ap = mean.precision(0, 0, kThresholds);
  out.ap50 = mean.precision(0, 0, 1);
  out.ap75 = mean.precision(0, 5, 6);
  out.ap_small = mean.precision(1, 0, kThresholds);
  out.ap_medium = mean.precision(2, 0, kThresholds);
  out.ap_large = mean.precision(3, 0, kThresholds);
  out.ar1 = mean.recall(0, 1);
  out.ar10 = mean.recall(0, 10);
  out.ar100 = mean.recall(0, kMostDetections);
  out.ar_small = mean.recall(1, kMostDetections);
  out.ar_medium = mean.recall(2, kMostDetections);
  out.ar_large = mean.recall(3, kMostDetections);
  return out;
}

std::optional<double> AveragePrecision::category_ap(int64_t category) const {
  const double ap = Averager(by_category_, {category}).precision(0, 0, kThresholds);
  if (ap < 0) return std::nullopt;
  return ap;
}

}  // namespace fcclip::eval
