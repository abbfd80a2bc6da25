#pragma once
// GroupNorm of a channels-last map at inference, with what follows it in the same pass.

#include <ATen/core/Tensor.h>

namespace fcclip::ops {

/// Affine of a GroupNorm.
struct GroupNormWeights {
  at::Tensor weight, bias;  ///< [C]
  int64_t groups = 32;
  double eps = 1e-5;
};

/// What follows in the same pass; one of the two.
struct AfterGroupNorm {
  bool relu = false;
  at::Tensor coarse;  ///< [h, w, C] or undefined: added, resized to x's size (bilinear, pixel
                      ///< centres aligned)
};

/// out = GroupNorm(x) of one image, then what follows.
///   x, out  [H, W, C], or [H·W, C] where no coarse map follows; float32, contiguous, on one device;
///           out may be x
/// No gradient. Throws Error{shape_mismatch, invalid_argument}.
void group_norm(const at::Tensor& x, const GroupNormWeights& norm, const at::Tensor& out,
                const AfterGroupNorm& after = {});

}  // namespace fcclip::ops
