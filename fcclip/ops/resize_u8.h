#pragma once
// Resizes of 8-bit pictures and id maps, equal to Pillow's bit for bit.

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"

namespace fcclip::ops {

/// Pillow's antialiased BILINEAR: a triangle filter as wide as the shrinking factor, coefficients
/// of 22 bits, first along rows, then along columns, with an 8-bit picture in between.
///   pixels   [H, W, C]  uint8, contiguous or not, 1 <= C <= 4, any device
///   returns  [size.height, size.width, C] uint8, there; the picture itself when the size is its own
/// Memory: besides the result a few rows per thread; on a GPU the picture of its own height and the
/// new width. Throws Error{shape_mismatch, invalid_argument}.
at::Tensor resize_bilinear_u8(const at::Tensor& pixels, Size size);

/// Pillow's NEAREST, for id maps and masks.
///   pixels   [H, W] or [H, W, C], any dtype, CPU
///   returns  [size.height, size.width] or [.., C], same dtype
/// Throws Error{shape_mismatch, invalid_argument}.
at::Tensor resize_nearest(const at::Tensor& pixels, Size size);

}  // namespace fcclip::ops
