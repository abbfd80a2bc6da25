#pragma once
// Bilinear resizing with align_corners = false and without antialiasing, as the reference's
// F.interpolate.

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"

namespace fcclip::ops {

/// map [B, H, W, C] float -> [B, size.height, size.width, C], contiguous. Differentiable. A map
/// that has the size already is returned as it is. Throws Error{shape_mismatch}.
at::Tensor resize_map(const at::Tensor& map, Size size);

/// The same on planes [B, N, H, W] -> [B, N, size.height, size.width].
at::Tensor resize_planes(const at::Tensor& planes, Size size);

}  // namespace fcclip::ops
