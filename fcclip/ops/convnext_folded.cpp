#include "fcclip/ops/convnext_folded.h"

#include <ATen/ATen.h>

#include "fcclip/ops/depthwise.h"

namespace fcclip::ops {

FoldedConvNextBlock folded_block(const ConvNextBlockWeights& w) {
  FoldedConvNextBlock block;
  block.type = dtype_of(w.packing.products);
  block.depthwise_type = dtype_of(w.packing.of("depthwise").products);
  block.depthwise = w.depthwise.detach();
  block.depthwise_bias = w.depthwise_bias.detach();
  block.norm = {w.norm.weight.detach(), w.norm.bias.detach(), w.norm.eps};
  at::Tensor fc1 = w.fc1.weight.detach(), fc1_bias = w.fc1.bias.detach();
  if (block.type != at::kFloat) {
    fc1_bias = fc1_bias + at::mv(fc1, block.norm.bias);
    fc1 = fc1 * block.norm.weight;
    block.norm.weight.reset();
    block.norm.bias.reset();
  }
  const at::Tensor gamma = w.gamma.detach();
  block.fc1 = {fc1.to(block.type), fc1_bias.to(block.type)};
  block.fc2 = {(w.fc2.weight.detach() * gamma.unsqueeze(1)).to(block.type),
               (w.fc2.bias.detach() * gamma).to(block.type)};
  return block;
}

// Both sides of products in 16 bits, where there are any; the sum along the blocks stays float32.
RunConvNextBlock aten_convnext_block(const FoldedConvNextBlock& block) {
  const at::Tensor depthwise = block.depthwise.to(block.depthwise_type),
                   depthwise_bias = block.depthwise_bias.to(block.depthwise_type);
  return [=](const at::Tensor& x, at::Tensor& y) {
    const at::Tensor convolved = depthwise7(x.to(block.depthwise_type), depthwise, depthwise_bias);
    const at::Tensor normed =
        at::layer_norm(convolved, {x.size(3)}, block.norm.weight, block.norm.bias, block.norm.eps)
            .to(block.type);
    at::Tensor hidden = at::linear(normed, block.fc1.weight, block.fc1.bias);
    at::gelu_(hidden);  // the block's largest tensor is there once
    at::add_out(y, x, at::linear(hidden, block.fc2.weight, block.fc2.bias));
  };
}

}  // namespace fcclip::ops
