#include "fcclip/ops/cuda/convnext_block.h"

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>

#include "fcclip/ops/convnext_folded.h"
#include "fcclip/ops/cuda/depthwise_norm_launch.h"
#include "fcclip/ops/cuda/tensor_place.h"

namespace fcclip::ops::cuda {
namespace {

// GELU(rows · fc1 + its bias), [N, F]. In 16 bits cuBLASLt's product ends with the GELU: it has not been
// rounded before, which is worth more than what that GELU, the one by tanh, is off (at most 4.8e-4;
// tests, GeluInProducts). Else it is exact, in place: this is the block's largest tensor.
at::Tensor hidden_of(const at::Tensor& rows, const LinearWeights& fc1) {
  if (rows.scalar_type() != at::kFloat) {
    return at::_addmm_activation(fc1.bias, rows, fc1.weight.t(), 1, 1, /*use_gelu=*/true);
  }
  at::Tensor hidden = at::linear(rows, fc1.weight, fc1.bias);
  return at::gelu_(hidden);
}

}  // namespace

RunConvNextBlock pack_convnext_block_for(const ConvNextBlockWeights& weights,
                                         LaunchPlace (*place)(const at::Tensor&)) {
  const FoldedConvNextBlock block = folded_block(weights);
  const DepthwiseNormWeights before =
      pack_depthwise_norm(block.depthwise, block.depthwise_bias, block.norm);
  const RunConvNextBlock otherwise = aten_convnext_block(block);
  return [=](const at::Tensor& x, at::Tensor& y) {
    if (x.numel() == 0 || !fits_depthwise_norm(x)) return otherwise(x, y);
    const c10::DeviceGuard guard(x.device());
    const int64_t channels = x.size(3);
    const at::Tensor rows =
        launch_depthwise_norm(x, before, block.type, place(x)).view({-1, channels});
    const at::Tensor mixed =
        at::linear(hidden_of(rows, block.fc1), block.fc2.weight, block.fc2.bias);
    at::add_out(y, x, mixed.view(x.sizes()));
  };
}

RunConvNextBlock pack_convnext_block(const ConvNextBlockWeights& weights) {
  return pack_convnext_block_for(weights, place_of);
}

}  // namespace fcclip::ops::cuda
