// From tensors to launches: kernels know pointers and streams only.

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/GradMode.h>

#include "fcclip/ops/cuda/convnext_block.h"
#include "fcclip/ops/cuda/deform_launch.h"
#include "fcclip/ops/cuda/mask_results_launch.h"
#include "fcclip/ops/cuda/mask_rows_launch.h"
#include "fcclip/ops/cuda/masked_attention_launch.h"
#include "fcclip/ops/cuda/ops.h"
#include "fcclip/ops/cuda/resize_u8_launch.h"
#include "fcclip/ops/cuda/tensor_place.h"
#include "fcclip/ops/host.h"
#include "fcclip/ops/masked_attention.h"

namespace fcclip::ops::cuda {
namespace {

at::Tensor deform_attention(const DeformInputs& in) {
  const c10::DeviceGuard guard(in.value.device());
  const at::Tensor out =
      at::empty({in.value.size(0), in.locations.size(1), in.value.size(2) * in.value.size(3)},
                in.value.options());
  launch_deform_forward(in, out, place_of(in.value));
  return out;
}

DeformGradients deform_attention_backward(const DeformInputs& in, const at::Tensor& grad_out) {
  const c10::DeviceGuard guard(in.value.device());
  const DeformGradients grads = {at::zeros_like(in.value), at::empty_like(in.locations),
                                 at::empty_like(in.weights)};
  launch_deform_backward(in, grad_out, grads, place_of(in.value));
  return grads;
}

// On channels last cuDNN's float32 gradients take over ten times as long as ATen's on planes. Without
// gradients the map stays as it is: no copies before and behind.
at::Tensor depthwise7(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  at::Tensor planes = x.permute({0, 3, 1, 2});
  if (x.scalar_type() == at::kFloat && c10::GradMode::is_enabled()) planes = planes.contiguous();
  return at::conv2d(planes, weight, bias, 1, weight.size(2) / 2, 1, x.size(3))
      .permute({0, 2, 3, 1})
      .contiguous();
}

at::Tensor resize_bilinear_u8(const at::Tensor& pixels, Size size) {
  if (!fits_resize_kernels(pixels, size)) {
    const at::Tensor resized = host_implementation().resize_bilinear_u8(on_host(pixels), size);
    return on_device(resized, pixels.device());
  }
  const c10::DeviceGuard guard(pixels.device());
  return launch_resize_bilinear_u8(pixels, size, place_of(pixels));
}

at::Tensor normalise_and_pad(const at::Tensor& pixels, const PixelNorm& norm, Size padded) {
  const c10::DeviceGuard guard(pixels.device());
  return launch_normalise_and_pad(pixels, norm, padded, place_of(pixels));
}

at::Tensor mask_pool(const at::Tensor& features, const at::Tensor& mask_logits) {
  const c10::DeviceGuard guard(features.device());
  return at::bmm(launch_mask_shares(mask_logits.flatten(2), place_of(mask_logits)),
                 features.flatten(1, 2));
}

at::Tensor blocked_by_masks(const at::Tensor& logits) {
  const c10::DeviceGuard guard(logits.device());
  return launch_mask_blocked(logits, place_of(logits));
}

at::Tensor masked_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            int64_t heads, const at::Tensor& blocked) {
  const AttentionInputs in = {q, k, v, heads, blocked};
  if (!fits_masked_attention(in)) return masked_attention_plain(q, k, v, heads, blocked);
  const c10::DeviceGuard guard(q.device());
  return launch_masked_attention(in, place_of(q));
}

// Pictures of 2^31 pixels and more are the processor's.
MaskWinners mask_winners(const MaskSource& masks, const at::Tensor& scores) {
  if (!fits_mask_kernels(masks)) return host_implementation().mask_winners(masks, scores);
  const c10::DeviceGuard guard(masks.mask_logits.device());
  return launch_mask_winners(masks, scores, place_of(masks.mask_logits));
}

at::Tensor best_classes(const MaskSource& masks, const at::Tensor& weights) {
  if (!fits_mask_kernels(masks)) return host_implementation().best_classes(masks, weights);
  const c10::DeviceGuard guard(masks.mask_logits.device());
  return launch_best_classes(masks, weights, place_of(masks.mask_logits));
}

std::vector<MaskRuns> mask_runs(const MaskSource& masks, const std::vector<int64_t>& queries) {
  if (!fits_mask_kernels(masks)) return host_implementation().mask_runs(masks, queries);
  const c10::DeviceGuard guard(masks.mask_logits.device());
  return launch_mask_runs(masks, queries, place_of(masks.mask_logits));
}

}  // namespace

Implementation implementation() {
  Implementation ops;
  ops.name = "cuda";
  ops.device = c10::DeviceType::CUDA;
  ops.few_large_steps = true;
  ops.deform_attention = deform_attention;
  ops.deform_attention_backward = deform_attention_backward;
  ops.depthwise7 = depthwise7;
  ops.resize_bilinear_u8 = resize_bilinear_u8;
  ops.normalise_and_pad = normalise_and_pad;
  ops.mask_pool = mask_pool;
  ops.blocked_by_masks = blocked_by_masks;
  ops.masked_attention = masked_attention;
  ops.mask_winners = mask_winners;
  ops.best_classes = best_classes;
  ops.mask_runs = mask_runs;
  ops.pack_convnext_block = pack_convnext_block;
  return ops;
}

}  // namespace fcclip::ops::cuda
