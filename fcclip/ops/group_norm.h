#pragma once
// GroupNorm of a channels-last map at inference, with what follows it in the same pass.

#include <ATen/core/Tensor.h>

#include "fcclip/ops/isa.h"

namespace fcclip::ops {

/// Affine of a GroupNorm.
struct GroupNormWeights {
  at::Tensor weight, bias;  ///< [C]
  int64_t groups = 32;
  double eps = 1e-5;
  Isa isa = chosen_isa();
};

/// out = GroupNorm(x) of one image.
///   x, out  [H, W, C] or [H·W, C]  float32, contiguous, CPU; out may be x
/// Throws Error{shape_mismatch}.
void group_norm(const at::Tensor& x, const GroupNormWeights& norm, const at::Tensor& out);

/// out = ReLU(GroupNorm(x)).
void group_norm_relu(const at::Tensor& x, const GroupNormWeights& norm, const at::Tensor& out);

/// out = GroupNorm(x) + coarse resized to x's size (bilinear, pixel centres aligned).
///   x, out  [H, W, C]; coarse [h, w, C]
void group_norm_add_upsampled(const at::Tensor& x, const GroupNormWeights& norm,
                              const at::Tensor& coarse, const at::Tensor& out);

}  // namespace fcclip::ops
