#pragma once
// The map of segments at the size at which an overlay is drawn. Internal to the folder.

#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"
#include "fcclip/results/segmentation.h"

namespace fcclip::draw {

/// Positions among the segments for every pixel, −1 where there is none: from the map, or from the
/// instance masks: painted from the lowest score to the highest, of equal scores the larger first.
///   returns [h, w] int32. Throws Error{shape_mismatch, invalid_argument}.
at::Tensor segment_positions(const results::Segmentation& segmentation, Size size);

/// A map at another size; enlarged, its borders are straight where nearest neighbours would give
/// stairs: the value with the largest bilinear weight wins.
///   positions  [h, w] int32
///   returns    [size.height, size.width] int32
at::Tensor resize_positions(const at::Tensor& positions, Size size);

}  // namespace fcclip::draw
