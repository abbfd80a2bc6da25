#include "fcclip/ops/convnext_block.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/dispatch.h"

namespace fcclip::ops {
namespace {

void check_block(const ConvNextBlockWeights& weights) {
  check_shape("fc1 weight", weights.fc1.weight, {kAny, kAny});
  const int64_t hidden = weights.fc1.weight.size(0), channels = weights.fc1.weight.size(1);
  check_shape("depthwise weight", weights.depthwise, {channels, 1, 7, 7});
  check_shape("fc2 weight", weights.fc2.weight, {channels, hidden});
  check_shape("fc1 bias", weights.fc1.bias, {hidden});
  for (const at::Tensor* row : {&weights.depthwise_bias, &weights.norm.weight, &weights.norm.bias,
                                &weights.fc2.bias, &weights.gamma}) {
    check_shape("bias, norm or gamma", *row, {channels});
  }
  for (const at::Tensor* matrix : {&weights.depthwise, &weights.fc1.weight, &weights.fc2.weight}) {
    check_dtype("weight", *matrix, at::kFloat);
  }
}

RunConvNextBlock plain_block(const ConvNextBlockWeights& w) {
  const at::Tensor gamma = w.gamma.detach();
  const at::Tensor fc2 = w.fc2.weight.detach() * gamma.unsqueeze(1),
                   fc2_bias = w.fc2.bias.detach() * gamma;
  return [w, fc2, fc2_bias](const at::Tensor& x, at::Tensor& y) {
    const at::Tensor convolved = depthwise7(x, w.depthwise.detach(), w.depthwise_bias.detach());
    const at::Tensor normed = at::layer_norm(convolved, {x.size(3)}, w.norm.weight.detach(),
                                             w.norm.bias.detach(), w.norm.eps);
    const at::Tensor hidden =
        at::gelu(at::linear(normed, w.fc1.weight.detach(), w.fc1.bias.detach()));
    at::add_out(y, x, at::linear(hidden, fc2, fc2_bias));
  };
}

// Both sides of products in 16 bits; the depthwise convolution's too, unless it is an exact part. The norm's affine goes into fc1, as γ goes into fc2, so that of
// it too only the product's weight is rounded; the sum along the blocks stays float32.
RunConvNextBlock rounded_block(const ConvNextBlockWeights& w, at::ScalarType type) {
  const at::Tensor wide1 = w.fc1.weight.detach(), gamma = w.gamma.detach();
  const auto rounded = [type](const at::Tensor& x) { return x.to(type); };
  const at::ScalarType of_depthwise = dtype_of(w.packing.of("depthwise").products);
  const at::Tensor depthwise = w.depthwise.detach().to(of_depthwise),
                   depthwise_bias = w.depthwise_bias.detach().to(of_depthwise),
                   fc1 = rounded(wide1 * w.norm.weight.detach()),
                   fc1_bias = rounded(w.fc1.bias.detach() + at::mv(wide1, w.norm.bias.detach())),
                   fc2 = rounded(w.fc2.weight.detach() * gamma.unsqueeze(1)),
                   fc2_bias = rounded(w.fc2.bias.detach() * gamma);
  const double eps = w.norm.eps;
  return [=](const at::Tensor& x, at::Tensor& y) {
    const at::Tensor convolved = depthwise7(x.to(of_depthwise), depthwise, depthwise_bias);
    const at::Tensor normed = at::layer_norm(convolved, {x.size(3)}, {}, {}, eps).to(type);
    const at::Tensor hidden = at::gelu(at::linear(normed, fc1, fc1_bias));
    at::add_out(y, x, at::linear(hidden, fc2, fc2_bias));
  };
}

RunConvNextBlock plain_block_in(const ConvNextBlockWeights& w) {
  const at::ScalarType type = dtype_of(w.packing.products);
  return type == at::kFloat ? plain_block(w) : rounded_block(w, type);
}

}  // namespace

PackedConvNextBlock::PackedConvNextBlock(const ConvNextBlockWeights& weights) {
  check_block(weights);
  channels_ = weights.fc1.weight.size(1);
  device_ = weights.fc1.weight.device();
  need_products(weights.packing.products, device_);
  const auto pack = own(&Implementation::pack_convnext_block, weights.fc1.weight);
  run_ = pack ? run_packed(pack, weights, {weights.fc1.weight, weights.fc2.weight})
              : plain_block_in(weights);
}

void PackedConvNextBlock::run(const at::Tensor& x, at::Tensor& y) const {
  check_shape("x", x, {kAny, kAny, kAny, channels_});
  check_shape("y", y, x.sizes());
  if (x.is_alias_of(y)) {
    fail(ErrorCode::invalid_argument, "x and y: expected two contiguous tensors of their own");
  }
  check_dense("x", x, device_);
  check_dense("y", y, device_);
  run_(x, y);
}

}  // namespace fcclip::ops
