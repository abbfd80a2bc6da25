#include "fcclip/ops/patch_conv.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/dispatch.h"

namespace fcclip::ops {
namespace {

void check_norm(const std::optional<LayerNormWeights>& norm, int64_t channels) {
  if (!norm) return;
  check_shape("norm weight", norm->weight, {channels});
  check_shape("norm bias", norm->bias, {channels});
}

at::Tensor normed(const std::optional<LayerNormWeights>& norm, const at::Tensor& x) {
  if (!norm) return x;
  return at::layer_norm(x, {x.size(3)}, norm->weight.detach(), norm->bias.detach(), norm->eps);
}

RunPatchConv plain_patch_conv(const PatchConvWeights& w) {
  const at::ScalarType type = dtype_of(w.packing.products);
  const at::Tensor kernel = w.weight.detach().to(type).contiguous(at::MemoryFormat::ChannelsLast),
                   bias = w.bias.detach().to(type);
  return [w, kernel, bias, type](const at::Tensor& x) {
    const at::Tensor planes = normed(w.before, x).to(type).permute({0, 3, 1, 2});
    const at::Tensor y = at::conv2d(planes, kernel, bias, kernel.size(2));
    if (type != at::kFloat) {
      return normed(w.after, y.permute({0, 2, 3, 1}).contiguous().to(at::kFloat));
    }
    // Under autocast the convolution is rougher; its maps are float32 all the same.
    return normed(w.after, y.permute({0, 2, 3, 1}).contiguous()).to(at::kFloat);
  };
}

}  // namespace

PackedPatchConv::PackedPatchConv(const PatchConvWeights& weights) {
  check_shape("weight", weights.weight, {kAny, kAny, kAny, kAny});
  check_dtype("weight", weights.weight, at::kFloat);
  in_ = weights.weight.size(1);
  side_ = weights.weight.size(2);
  device_ = weights.weight.device();
  check_shape("weight", weights.weight, {kAny, in_, side_, side_});
  check_shape("bias", weights.bias, {weights.weight.size(0)});
  check_norm(weights.before, in_);
  check_norm(weights.after, weights.weight.size(0));
  const auto pack = own(&Implementation::pack_patch_conv, weights.weight);
  run_ = pack ? run_packed(pack, weights, {weights.weight}) : plain_patch_conv(weights);
}

at::Tensor PackedPatchConv::operator()(const at::Tensor& input) const {
  check_shape("x", input, {kAny, kAny, kAny, in_});
  if (input.size(1) % side_ != 0 || input.size(2) % side_ != 0) {
    fail(ErrorCode::shape_mismatch, "x: height and width must be multiples of ", side_, ", got ",
         shape_string(input.sizes()));
  }
  const at::Tensor x = input.contiguous();
  check_dense("x", x, device_);
  return run_(x);
}

}  // namespace fcclip::ops
