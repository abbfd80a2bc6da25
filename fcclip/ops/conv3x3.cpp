#include "fcclip/ops/conv3x3.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/dispatch.h"

namespace fcclip::ops {
namespace {

RunConv3x3 plain_conv3x3(const at::Tensor& weight) {
  return
      [kernel = weight.detach().contiguous(at::MemoryFormat::ChannelsLast)](const at::Tensor& x) {
        const at::Tensor planes = x.unsqueeze(0).permute({0, 3, 1, 2});
        return at::conv2d(planes, kernel, {}, 1, 1).permute({0, 2, 3, 1}).contiguous()[0];
      };
}

}  // namespace

PackedConv3x3::PackedConv3x3(const at::Tensor& weight) : device_(weight.device()) {
  check_shape("3x3 convolution: weight", weight, {kAny, kAny, 3, 3});
  check_dtype("3x3 convolution: weight", weight, at::kFloat);
  in_ = weight.size(1);
  const auto pack = own(&Implementation::pack_conv3x3, weight);
  run_ = (pack ? pack : plain_conv3x3)(weight);
}

at::Tensor PackedConv3x3::operator()(const at::Tensor& x) const {
  check_shape("3x3 convolution: x", x, {kAny, kAny, in_});
  check_dense("3x3 convolution: x", x, device_);
  return run_(x);
}

}  // namespace fcclip::ops
