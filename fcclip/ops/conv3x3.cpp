#include "fcclip/ops/conv3x3.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/dispatch.h"

namespace fcclip::ops {
namespace {

RunConv3x3 plain_conv3x3(const at::Tensor& weight, at::ScalarType type) {
  const at::Tensor kernel = weight.detach().to(type).contiguous(at::MemoryFormat::ChannelsLast);
  return [kernel, type](const at::Tensor& x) {
    const at::Tensor planes = x.to(type).unsqueeze(0).permute({0, 3, 1, 2});
    const at::Tensor y = at::conv2d(planes, kernel, {}, 1, 1).permute({0, 2, 3, 1}).contiguous()[0];
    return type == at::kFloat ? y : y.to(at::kFloat);
  };
}

}  // namespace

PackedConv3x3::PackedConv3x3(const at::Tensor& weight, Products products)
    : device_(weight.device()) {
  check_shape("3x3 convolution: weight", weight, {kAny, kAny, 3, 3});
  check_dtype("3x3 convolution: weight", weight, at::kFloat);
  in_ = weight.size(1);
  const auto pack = own(&Implementation::pack_conv3x3, weight);
  run_ = pack ? pack(weight) : plain_conv3x3(weight, dtype_of(products));
}

at::Tensor PackedConv3x3::operator()(const at::Tensor& x) const {
  check_shape("3x3 convolution: x", x, {kAny, kAny, in_});
  check_dense("3x3 convolution: x", x, device_);
  return run_(x);
}

}  // namespace fcclip::ops
