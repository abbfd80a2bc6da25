#pragma once
// Where a crop around a segment lies.

#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/random.h"

namespace fcclip::pretrain {

/// A square of a scene, in pixels.
struct Square {
  int64_t x = 0, y = 0, side = 0;
};

/// What a scene's id map says about each segment.
struct Extent {
  int64_t area = 0;
  int64_t left = 0, top = 0, right = 0, bottom = 0;  ///< right and bottom are one beyond
  int64_t longest() const { return std::max(right - left, bottom - top); }
};

/// ids [H, W] int32; extents of ids 0 … most.
std::vector<Extent> measure_segments(const at::Tensor& ids, int64_t most);

/// Pixels of every id (0 … most) inside the square. ids [h, w] int32.
std::vector<int64_t> count_inside(const at::Tensor& ids, const Square& square, int64_t most);

/// How large crops are.
struct CropOptions {
  int64_t side = 64;          ///< pixels the crop will have
  double most_context = 2.5;  ///< its longest side in the subject's longest sides
  double most_enlarged = 2;   ///< by resizing
  double most_reduced = 3;    ///< by resizing; larger subjects are cut
};

/// A random square around a thing: whole, or a part of it where it is larger than what a crop may
/// shrink.
Square draw_thing_square(const at::Tensor& ids, const Extent& extent, const CropOptions& options,
                         Random& random);

/// A random square in which `id` covers at least two fifths; nothing after some tries. ids [h, w]
/// int32.
std::optional<Square> draw_region_square(const at::Tensor& ids, int64_t id,
                                         const CropOptions& options, Random& random);

}  // namespace fcclip::pretrain
