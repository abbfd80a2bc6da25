#include "fcclip/ops/convnext_block.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/convnext_folded.h"
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

}  // namespace

PackedConvNextBlock::PackedConvNextBlock(const ConvNextBlockWeights& weights) {
  check_block(weights);
  channels_ = weights.fc1.weight.size(1);
  device_ = weights.fc1.weight.device();
  need_products(weights.packing.products, device_);
  const auto pack = own(&Implementation::pack_convnext_block, weights.fc1.weight);
  run_ = pack ? run_packed(pack, weights, {weights.fc1.weight, weights.fc2.weight})
              : aten_convnext_block(folded_block(weights));
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
