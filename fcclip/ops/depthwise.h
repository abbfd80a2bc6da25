#pragma once
// A depthwise 7×7 convolution with a gradient, for training. Inference has it inside
// ops/convnext_block.h.

#include <ATen/core/Tensor.h>

#include "fcclip/ops/isa.h"

namespace fcclip::ops {

/// Depthwise convolution of stride 1 with zeros around.
///   x        [B, H, W, C]  float32, contiguous
///   weight   [C, 1, 7, 7]
///   bias     [C]
///   returns  [B, H, W, C], contiguous
/// Gradient: to x, weight and bias, once (no second derivative), by this project's kernels on a
/// CPU: several times as fast as ATen's for the small maps of a CLIP in training. Other devices and
/// dtypes take ATen's. Throws Error{shape_mismatch}.
at::Tensor depthwise7(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// x [B, H, W, C], weight [C, 1, 7, 7].
struct DepthwiseGradients {
  at::Tensor x, weight;
};
/// The gradients alone, as above.
DepthwiseGradients depthwise7_gradients(const at::Tensor& x, const at::Tensor& weight,
                                        const at::Tensor& grad_out, Isa isa = chosen_isa());

}  // namespace fcclip::ops
