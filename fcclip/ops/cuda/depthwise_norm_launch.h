#pragma once
// The kernels of kernels/depthwise_norm.cu on tensors' memory.

#include <ATen/core/Tensor.h>

#include "fcclip/ops/cuda/launch.h"
#include "fcclip/ops/layer_weights.h"

namespace fcclip::ops::cuda {

/// A depthwise 7×7 convolution and the LayerNorm behind it, float32, contiguous.
struct DepthwiseNormWeights {
  at::Tensor kernel;      ///< [49, C]
  at::Tensor bias;        ///< [C]
  LayerNormWeights norm;  ///< its weight and bias are of [C], or undefined: the norm alone
};

/// From [C, 1, 7, 7] and [C], in any order in memory; no gradient.
DepthwiseNormWeights pack_depthwise_norm(const at::Tensor& kernel, const at::Tensor& bias,
                                         const LayerNormWeights& norm);

/// Whether the kernels take a map [B, H, W, C]: at most 3,072 channels; a row of pixels, and the tiles
/// of all images, are of numbers below 2^31.
bool fits_depthwise_norm(const at::Tensor& x);

/// LayerNorm(depthwise 7×7 (x)), zeros around; all sums float32.
///   x     [B, H, W, C]  float32, contiguous; fits_depthwise_norm()
///   type  float32, half or bfloat16: each number is rounded once, when it is written
/// -> [B, H, W, C]. Throws as launch().
at::Tensor launch_depthwise_norm(const at::Tensor& x, const DepthwiseNormWeights& weights,
                                 at::ScalarType type, const LaunchPlace& place);

}  // namespace fcclip::ops::cuda
