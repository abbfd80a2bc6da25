#pragma once
// A reduced picture with its segments, for people.

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"
#include "fcclip/results/segmentation.h"

namespace fcclip::tiles {

/// Longer side of an overview at most.
inline constexpr int64_t kOverviewSide = 2048;

/// Takes rows of the picture, later rows of its id map, from the top down; keeps the reduced ones.
class Overview {
 public:
  explicit Overview(Size picture);

  /// Pixels of the picture that become one, along each side.
  int64_t factor() const { return factor_; }
  Size size() const { return size_; }

  /// rows [h, W, 3] uint8, the next ones: each pixel of the overview is the mean of its own.
  void add_pixels(const at::Tensor& rows);
  /// ids [h, W] int32, the next ones: each pixel of the overview has the id in its middle.
  void add_ids(const at::Tensor& rows);
  /// From the first row of ids again.
  void restart_ids() { id_row_ = 0; }

  /// [h, w, 3] uint8
  const at::Tensor& rgb() const { return rgb_; }
  /// The segments that are large enough to be seen, with areas and boxes of the overview.
  results::Segmentation segmentation(const std::vector<results::Segment>& segments) const;

 private:
  Size picture_;
  int64_t factor_;
  Size size_;
  at::Tensor rgb_, ids_;  ///< [h, w, 3] uint8, [h, w] int32
  at::Tensor sums_;       ///< [w, 3] int64 of the row in the making
  int64_t pixel_row_ = 0, id_row_ = 0;
};

}  // namespace fcclip::tiles
