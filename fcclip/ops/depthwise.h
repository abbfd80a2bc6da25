#pragma once
// A depthwise 7×7 convolution with a gradient, for training. Inference has it inside
// ops/convnext_block.h.

#include <ATen/core/Tensor.h>

namespace fcclip::ops {

/// Depthwise convolution of stride 1 with zeros around.
///   x        [B, H, W, C]  float32, contiguous
///   weight   [C, 1, 7, 7]
///   bias     [C]
///   returns  [B, H, W, C], contiguous
/// Gradient: to x, weight and bias; where this project has kernels for it (float32 on a processor:
/// several times as fast as ATen's for the small maps of a CLIP in training) once, without a second
/// derivative. Throws Error{shape_mismatch}.
at::Tensor depthwise7(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// Of x [B, H, W, C] and weight [C, 1, 7, 7], shaped as they are.
struct DepthwiseGradients {
  at::Tensor x, weight;
};
}  // namespace fcclip::ops
