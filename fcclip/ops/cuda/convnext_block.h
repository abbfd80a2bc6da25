#pragma once
// A ConvNeXt block in few launches: one kernel up to the first product, then two products of LibTorch,
// in 16 bits the first with its GELU, and a sum.

#include "fcclip/ops/convnext_block.h"
#include "fcclip/ops/cuda/launch.h"

namespace fcclip::ops::cuda {

/// ops/dispatch.h, pack_convnext_block. The depthwise convolution and its norm are float32 whatever the
/// products are: the kernel reads float32 and calculates in it anyway, so that rounding what it reads
/// would cost exactness and save nothing.
RunConvNextBlock pack_convnext_block(const ConvNextBlockWeights& weights);

/// The same for tests without a GPU: tensors anywhere, and who says where their kernels run.
RunConvNextBlock pack_convnext_block_for(const ConvNextBlockWeights& weights,
                                         LaunchPlace (*place)(const at::Tensor&));

}  // namespace fcclip::ops::cuda
