#pragma once
// The segments of all windows, of which some turn out to be one.

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/results/segmentation.h"

namespace fcclip::tiles {

/// Segments by provisional ids from 1, in the order in which windows give them. Stuff is one segment
/// a class from the beginning.
class MergedSegments {
 public:
  /// A window's segment, of which `area_px` pixels are valid. Throws Error{too_large} past 2^31 − 2.
  int32_t add(const results::Segment& segment, int64_t area_px);

  /// Joins things that are one: of one class, with enough common pixels where two windows see the
  /// same part of the picture; or of nearly the same pixels there, whatever each window calls it. Each
  /// is joined with one other at most, those with the largest intersection over union first.
  ///   first, second  [h, w] int32 provisional ids of that part, 0 where there is none
  void join_across(const at::Tensor& first, const at::Tensor& second);

  /// A run of pixels that belongs to `id` in the end: for areas and boxes.
  void count(int32_t id, int64_t y, int64_t x, int64_t length);

  /// What remains, once everything is counted.
  struct Result {
    std::vector<results::Segment> segments;  ///< ids 1 … N by their first pixel; area, box
    std::vector<int32_t> final_ids;          ///< by provisional id; 0 for 0
  };
  /// A merged segment has the class that most of its pixels have, weighed by their scores; of the
  /// parts of that class the mean scores, by their areas, and the words of the largest.
  Result finish();

  /// Least intersection over union at which two things are one.
  static constexpr double kLeastOverlap = 0.4;
  /// The same for things that have other classes.
  static constexpr double kSameMask = 0.7;

 private:
  struct Part {
    results::Segment facts;  ///< of the largest window segment
    int64_t largest_px = 0;  ///< its pixels
    double weight = 0;       ///< pixels in all windows
    std::array<double, 3> weighted_scores = {0, 0, 0};
    int64_t area_px = 0;  ///< in the picture
    int64_t y0 = INT64_MAX, x0 = INT64_MAX, y1 = 0, x1 = 0;
    int64_t first_y = INT64_MAX, first_x = INT64_MAX;
  };

  int32_t root(int32_t id);
  static void take(Part& into, const Part& other);
  Part joined(const std::vector<size_t>& members) const;

  std::vector<Part> parts_ = {Part()};  ///< by provisional id
  std::vector<int32_t> parents_ = {0};
  std::map<int64_t, int32_t> stuff_;  ///< class -> provisional id
};

}  // namespace fcclip::tiles
