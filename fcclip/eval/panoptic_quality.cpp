#include "fcclip/eval/panoptic_quality.h"

#include <algorithm>
#include <unordered_map>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/eval/pair_counts.h"

namespace fcclip::eval {
namespace {

using SegmentIndex = std::unordered_map<int64_t, const MapSegment*>;

SegmentIndex index_by_id(const std::vector<MapSegment>& segments) {
  SegmentIndex index;
  for (const MapSegment& segment : segments) index[segment.id] = &segment;
  return index;
}

const MapSegment* find(const SegmentIndex& index, int64_t id) {
  const auto found = index.find(id);
  return found == index.end() ? nullptr : found->second;
}

int64_t count_of(const PairCounts& pairs, int64_t truth, int64_t prediction) {
  const auto found = pairs.find(pair_key(truth, prediction));
  return found == pairs.end() ? 0 : found->second;
}

// Areas of the predicted segments, and the check that map and list name the same ids.
std::unordered_map<int64_t, int64_t> predicted_areas(const PairCounts& pairs,
                                                     const SegmentIndex& segments,
                                                     std::string_view picture) {
  std::unordered_map<int64_t, int64_t> areas;
  for (const auto& [key, count] : pairs) areas[prediction_of(key)] += count;
  for (const auto& [id, area] : areas) {
    if (id != 0 && find(segments, id) == nullptr) {
      fail(ErrorCode::bad_format, picture, ": the prediction's map has segment id ", id,
           ", its list of segments does not");
    }
  }
  for (const auto& [id, segment] : segments) {
    if (!areas.contains(id)) {
      fail(ErrorCode::bad_format, picture, ": the prediction lists segment id ", id,
           ", which its map does not have");
    }
  }
  return areas;
}

// One picture's matching; adds to `counts`.
class Matcher {
 public:
  Matcher(const PairedSegments& picture_pairs, std::string_view picture)
      : truth_(picture_pairs.truth),
        prediction_(picture_pairs.prediction),
        truths_(index_by_id(truth_)),
        predictions_(index_by_id(prediction_)),
        pairs_(picture_pairs.pairs),
        areas_(predicted_areas(pairs_, predictions_, picture)) {}

  void add_to(std::map<int64_t, MatchCounts>& counts) {
    match(counts);
    count_misses(counts);
    count_false_alarms(counts);
  }

 private:
  void match(std::map<int64_t, MatchCounts>& counts) {
    std::vector<PairKey> keys;
    for (const auto& [key, count] : pairs_) keys.push_back(key);
    std::sort(keys.begin(), keys.end());  // sums of IoU in a fixed order, the official one
    for (const PairKey key : keys) {
      const MapSegment* truth = find(truths_, truth_of(key));
      const MapSegment* prediction = find(predictions_, prediction_of(key));
      if (truth == nullptr || prediction == nullptr || truth->is_crowd ||
          truth->class_index != prediction->class_index) {
        continue;
      }
      const int64_t common = pairs_.at(key);
      const int64_t united =
          areas_.at(prediction->id) + truth->area_px - common - count_of(pairs_, 0, prediction->id);
      const double iou = static_cast<double>(common) / static_cast<double>(united);
      if (iou <= 0.5) continue;
      MatchCounts& sum = counts[truth->class_index];
      ++sum.true_positives;
      sum.iou += iou;
      matched_truths_[truth->id] = matched_predictions_[prediction->id] = true;
    }
  }

  void count_misses(std::map<int64_t, MatchCounts>& counts) {
    for (const MapSegment& segment : truth_) {
      if (matched_truths_.contains(segment.id)) continue;
      if (segment.is_crowd) {
        crowds_[segment.class_index] = segment.id;
      } else {
        ++counts[segment.class_index].false_negatives;
      }
    }
  }

  void count_false_alarms(std::map<int64_t, MatchCounts>& counts) {
    for (const MapSegment& segment : prediction_) {
      if (matched_predictions_.contains(segment.id)) continue;
      int64_t excused = count_of(pairs_, 0, segment.id);
      if (const auto crowd = crowds_.find(segment.class_index); crowd != crowds_.end()) {
        excused += count_of(pairs_, crowd->second, segment.id);
      }
      if (2 * excused > areas_.at(segment.id)) continue;
      ++counts[segment.class_index].false_positives;
    }
  }

  const std::vector<MapSegment>& truth_;
  const std::vector<MapSegment>& prediction_;
  SegmentIndex truths_, predictions_;
  const PairCounts& pairs_;
  std::unordered_map<int64_t, int64_t> areas_;
  std::unordered_map<int64_t, bool> matched_truths_, matched_predictions_;
  std::unordered_map<int64_t, int64_t> crowds_;
};

}  // namespace

Quality quality_of(const MatchCounts& counts) {
  if (counts.empty()) return {};
  const auto tp = static_cast<double>(counts.true_positives);
  const double denominator = tp + 0.5 * static_cast<double>(counts.false_positives) +
                             0.5 * static_cast<double>(counts.false_negatives);
  return {counts.iou / denominator, tp > 0 ? counts.iou / tp : 0, tp / denominator};
}

PairedSegments pair_segments(const PanopticMap& truth, const PanopticMap& prediction,
                             std::string_view picture) {
  check_dtype("truth ids", truth.ids, at::kInt);
  check_dtype("prediction ids", prediction.ids, at::kInt);
  if (truth.ids.sizes() != prediction.ids.sizes()) {
    fail(ErrorCode::shape_mismatch, picture, ": ", prediction.ids.size(1), "x",
         prediction.ids.size(0), " pixels, but its truth has ", truth.ids.size(1), "x",
         truth.ids.size(0));
  }
  return {truth.segments, prediction.segments, count_pairs(truth.ids, prediction.ids)};
}

void PanopticQuality::add(const PanopticMap& truth, const PanopticMap& prediction,
                          std::string_view picture) {
  add(pair_segments(truth, prediction, picture), picture);
}

void PanopticQuality::add(const PairedSegments& pairs, std::string_view picture) {
  Matcher(pairs, picture).add_to(counts_);
}

void PanopticQuality::merge(const PanopticQuality& other) {
  for (const auto& [category, add] : other.counts_) add_counts(category, add);
}

void PanopticQuality::add_counts(int64_t category, const MatchCounts& counts) {
  MatchCounts& sum = counts_[category];
  sum.iou += counts.iou;
  sum.true_positives += counts.true_positives;
  sum.false_positives += counts.false_positives;
  sum.false_negatives += counts.false_negatives;
}

MatchCounts PanopticQuality::counts(int64_t category) const {
  const auto found = counts_.find(category);
  return found == counts_.end() ? MatchCounts{} : found->second;
}

MeanQuality PanopticQuality::mean(const std::vector<int64_t>& categories) const {
  MeanQuality mean;
  for (const int64_t category : categories) {
    const MatchCounts counts = this->counts(category);
    if (counts.empty()) continue;
    const Quality quality = quality_of(counts);
    ++mean.count;
    mean.pq += quality.pq;
    mean.sq += quality.sq;
    mean.rq += quality.rq;
  }
  if (mean.count == 0) return mean;
  const auto n = static_cast<double>(mean.count);
  mean.pq /= n;
  mean.sq /= n;
  mean.rq /= n;
  return mean;
}

}  // namespace fcclip::eval
