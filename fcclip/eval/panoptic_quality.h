#pragma once
// Panoptic quality, equal to COCO's panopticapi.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fcclip/data/truth.h"
#include "fcclip/eval/pair_counts.h"

namespace fcclip::eval {

using data::MapSegment;
using data::PanopticMap;

/// All that matching needs of a picture, or of several frames of a film as one.
struct PairedSegments {
  std::vector<MapSegment> truth, prediction;  ///< each id once
  PairCounts pairs;                           ///< pixels by truth's and prediction's id
};
/// Throws as PanopticQuality::add does for maps of different sizes.
PairedSegments pair_segments(const PanopticMap& truth, const PanopticMap& prediction,
                             std::string_view picture);

/// Sums of one category over all pictures.
struct MatchCounts {
  double iou = 0;  ///< of the matched pairs
  int64_t true_positives = 0, false_positives = 0, false_negatives = 0;
  bool empty() const { return true_positives + false_positives + false_negatives == 0; }
};

/// 0 … 1.
struct Quality {
  double pq = 0, sq = 0, rq = 0;
};
/// The mean over the categories that occur; count is their number ("n").
struct MeanQuality : Quality {
  int64_t count = 0;
};

/// PQ = Σ IoU / (TP + FP/2 + FN/2), SQ = Σ IoU / TP, RQ = TP / (TP + FP/2 + FN/2).
Quality quality_of(const MatchCounts& counts);

/// Adds up picture after picture; memory does not grow with their number.
class PanopticQuality {
 public:
  /// Pairs match when their categories are equal and IoU > 0.5 (void pixels of the truth left out
  /// of the union). A prediction that is more than half void or crowd of its category is no false
  /// positive. Throws Error{shape_mismatch} for maps of different sizes; Error{bad_format} for ids
  /// of the prediction that are in the map or in the list only, `picture` named.
  void add(const PanopticMap& truth, const PanopticMap& prediction, std::string_view picture);
  void add(const PairedSegments& pairs, std::string_view picture);
  void merge(const PanopticQuality& other);
  /// Sums counted before, of one category.
  void add_counts(int64_t category, const MatchCounts& counts);

  const std::map<int64_t, MatchCounts>& counts() const { return counts_; }
  /// Of one category, over all pictures so far.
  MatchCounts counts(int64_t category) const;
  /// Mean over those of `categories` that occur; zeros when none does.
  MeanQuality mean(const std::vector<int64_t>& categories) const;

 private:
  std::map<int64_t, MatchCounts> counts_;
};

}  // namespace fcclip::eval
