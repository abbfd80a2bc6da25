#pragma once
// From 8-bit pictures to what a network takes.

#include <array>

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"

namespace fcclip::ops {

/// A channel's value v becomes (v - mean) / std, in float32 throughout.
struct PixelNorm {
  std::array<double, 3> mean, std;
};

/// Normalised, then padded with zeros to the right and at the bottom: the same numbers on every
/// device.
///   pixels   [B, h, w, 3]  uint8, contiguous or not, any device
///   padded   h x w and more
///   returns  [B, padded.height, padded.width, 3]  float32, on the pixels' device
/// Throws Error{shape_mismatch, invalid_argument}.
at::Tensor normalise_and_pad(const at::Tensor& pixels, const PixelNorm& norm, Size padded);

}  // namespace fcclip::ops
