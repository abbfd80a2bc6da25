#pragma once
// 3×3 convolution, stride 1, padding 1, without bias, at inference: Winograd's F(4×4, 3×3) with
// matrix products, a quarter of the multiplications ("Fast Algorithms for Convolutional Neural
// Networks", 2016), at the rounding error of a direct convolution.

#include <ATen/core/Tensor.h>

#include "fcclip/ops/isa.h"

namespace fcclip::ops {

/// Weights as conv3x3 wants them.
///   weight   [out, in, 3, 3]  float32
///   returns  [36, in, out]    float32
at::Tensor pack_conv3x3(const at::Tensor& weight);

/// One image.
///   x        [H, W, in]     float32, contiguous, CPU
///   packed   [36, in, out]  from pack_conv3x3
///   returns  [H, W, out]
/// Throws Error{shape_mismatch}.
at::Tensor conv3x3(const at::Tensor& x, const at::Tensor& packed, Isa isa = chosen_isa());

}  // namespace fcclip::ops
