#pragma once
// A ConvNeXt block's weights brought into few products, for LibTorch's operations and CUDA's kernels.

#include "fcclip/ops/convnext_block.h"

namespace fcclip::ops {

/// y = x + fc2(GELU(fc1(LayerNorm(depthwise 7×7 (x))))), γ in fc2. In 16 bits fc1 has the norm's affine
/// too, so that of it, as of γ, only the product's weight is rounded.
struct FoldedConvNextBlock {
  at::ScalarType type = at::kFloat;            ///< of fc1 and fc2
  at::Tensor depthwise, depthwise_bias;        ///< [C, 1, 7, 7] and [C] float32, as they came
  at::ScalarType depthwise_type = at::kFloat;  ///< to which LibTorch's path rounds them and x
  LayerNormWeights norm;  ///< float32; weight and bias undefined where fc1 has them
  LinearWeights fc1, fc2;
};

/// Without gradient. Weights are checked.
FoldedConvNextBlock folded_block(const ConvNextBlockWeights& weights);

/// The block by LibTorch's operations, with the depthwise convolution of the tensors' device.
RunConvNextBlock aten_convnext_block(const FoldedConvNextBlock& block);

}  // namespace fcclip::ops
