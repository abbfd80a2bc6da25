#pragma once
// Average precision of boxes and masks, equal to pycocotools' COCOeval.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "fcclip/data/truth.h"

namespace fcclip::eval {

/// What overlaps are measured on.
enum class ApKind { box, mask };

using data::Detection;
using data::InstanceTruth;

/// Areas become those of the boxes, for ApKind::box after ApKind::mask; where boxes were made of
/// the masks, pycocotools keeps the masks' areas.
void use_box_areas(std::vector<Detection>& detections);

/// The twelve COCO numbers, in [0, 1]; −1 where the truth has nothing to find.
struct ApSummary {
  double ap = -1, ap50 = -1, ap75 = -1, ap_small = -1, ap_medium = -1, ap_large = -1;
  double ar1 = -1, ar10 = -1, ar100 = -1, ar_small = -1, ar_medium = -1, ar_large = -1;
  std::array<double, 12> numbers() const {
    return {ap,  ap50, ap75,  ap_small, ap_medium, ap_large,
            ar1, ar10, ar100, ar_small, ar_medium, ar_large};
  }
};

/// Matches picture after picture and keeps a few bytes per detection; no masks are kept.
class AveragePrecision {
 public:
  explicit AveragePrecision(ApKind kind) : kind_(kind) {}

  /// At most the 100 best detections of a category count. Pictures may come in any order.
  void add_image(int64_t image_id, const std::vector<InstanceTruth>& truths,
                 const std::vector<Detection>& detections);
  void merge(const AveragePrecision& other);

  /// Over `categories`, or over all that the truth has.
  ApSummary summary() const;
  ApSummary summary(const std::vector<int64_t>& categories) const;
  /// Mean precision of one category over all thresholds; nothing when the truth has none of it.
  std::optional<double> category_ap(int64_t category) const;
  std::vector<int64_t> categories() const;

  static constexpr int kAreas = 4;        ///< all, small, medium, large
  static constexpr int kThresholds = 10;  ///< IoU 0.50, 0.55 … 0.95

  /// A detection and whether it is right at each threshold.
  struct Scored {
    double score;
    int16_t rank;                                   ///< by score, within its picture and category
    std::array<uint16_t, kAreas> matched, ignored;  ///< a bit per threshold
  };
  /// One picture and category.
  struct ImageResult {
    int64_t image_id;
    std::vector<Scored> detections;           ///< falling score
    std::array<int32_t, kAreas> truth_count;  ///< not ignored
  };

  /// What was matched so far, to be kept and added again later.
  const std::map<int64_t, std::vector<ImageResult>>& results() const { return by_category_; }
  void add_result(int64_t category, ImageResult result) {
    by_category_[category].push_back(std::move(result));
  }

 private:
  ApKind kind_;
  std::map<int64_t, std::vector<ImageResult>> by_category_;
};

}  // namespace fcclip::eval
