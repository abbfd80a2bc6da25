#pragma once
// Who runs an operation: one table a device, chosen once. For ops/ and its tests alone; what the rest
// may ask stands in ops/implementations.h.
//
// To add an operation: a member here with its line in each_op(), the function in ops/cpu/ and
// ops/cuda/ where there is one, named in that folder's implementation.cpp, and ops/x.cpp, which checks
// the arguments and calls own(&Implementation::x, tensor) or, where that is null, plain ATen
// operations.

#include <initializer_list>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/ops/conv3x3.h"
#include "fcclip/ops/convnext_block.h"
#include "fcclip/ops/deform_attention.h"
#include "fcclip/ops/deform_encoder.h"
#include "fcclip/ops/depthwise.h"
#include "fcclip/ops/group_best.h"
#include "fcclip/ops/group_norm.h"
#include "fcclip/ops/isa.h"
#include "fcclip/ops/mask_pool.h"
#include "fcclip/ops/normalise.h"
#include "fcclip/ops/patch_conv.h"
#include "fcclip/ops/upsampled_masks.h"

namespace fcclip::ops {

/// The functions of one device (on a processor: with one instruction set). Arguments are checked;
/// tensors are contiguous where the contract says so. Null: none of its own.
struct Implementation {
  std::string_view name;  ///< "portable", "avx2", "avx512", "amx", "cuda", "aten"
  c10::DeviceType device = c10::DeviceType::CPU;
  Isa isa = Isa::portable;  ///< of what runs on the host
  /// A few steps with padding cost less than many small ones without.
  bool few_large_steps = false;

  /// deform_attention.h: value [B, S, M, D] -> [B, Q, M·D].
  at::Tensor (*deform_attention)(const DeformInputs&) = nullptr;
  /// grad_out [B, Q, M·D] -> gradients shaped as the inputs.
  DeformGradients (*deform_attention_backward)(const DeformInputs&,
                                               const at::Tensor& grad_out) = nullptr;
  /// depthwise.h: x [B, H, W, C] -> [B, H, W, C].
  at::Tensor (*depthwise7)(const at::Tensor& x, const at::Tensor& weight,
                           const at::Tensor& bias) = nullptr;
  /// grad_out [B, H, W, C] -> gradients shaped as x and weight.
  DepthwiseGradients (*depthwise7_backward)(const at::Tensor& x, const at::Tensor& weight,
                                            const at::Tensor& grad_out) = nullptr;

  // Of pictures' bytes.
  /// resize_u8.h: [H, W, C] -> [size.height, size.width, C], another size than the picture's.
  at::Tensor (*resize_bilinear_u8)(const at::Tensor& pixels, Size size) = nullptr;
  /// normalise.h: [B, h, w, 3] -> [B, padded.height, padded.width, 3].
  at::Tensor (*normalise_and_pad)(const at::Tensor& pixels, const PixelNorm&,
                                  Size padded) = nullptr;

  // Without gradients, float32.
  /// masked_attention.h: q [B, Nq, C], k and v [B, Nk, C] -> [B, Nq, C].
  at::Tensor (*masked_attention)(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                 int64_t heads, const at::Tensor& blocked) = nullptr;
  /// masked_attention.h: [B, Q, N] -> the same, bool.
  at::Tensor (*blocked_by_masks)(const at::Tensor& logits) = nullptr;
  /// prefix_attention.h: q [R, W], k and v [M, W], paths [R, L] -> [R, W].
  at::Tensor (*prefix_attention)(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                 const at::Tensor& paths, int64_t heads) = nullptr;
  /// mask_pool.h: [B, H, W, C] and [B, Q, H, W] -> [B, Q, C].
  at::Tensor (*mask_pool)(const at::Tensor& features, const at::Tensor& mask_logits) = nullptr;
  /// mask_pool.h: embeddings [B, Q, C], features [B, H, W, C].
  PooledMasks (*predict_and_pool_masks)(const at::Tensor& embeddings,
                                        const at::Tensor& features) = nullptr;
  /// group_norm.h: x and out [H, W, C].
  void (*group_norm)(const at::Tensor& x, const GroupNormWeights&, const AfterGroupNorm&,
                     const at::Tensor& out) = nullptr;
  /// group_best.h: scores [.., T] -> [.., K].
  GroupBest (*best_of_groups)(const at::Tensor& scores, at::IntArrayRef sizes) = nullptr;
  /// finite.h: any shape.
  bool (*all_finite)(const at::Tensor& x) = nullptr;
  /// points.h: [states, count, 2].
  at::Tensor (*uniform_points)(const std::vector<uint64_t>& states, int64_t count) = nullptr;
  /// points.h: values [M, N], points [M, N, 2] -> [M, count, 2].
  at::Tensor (*smallest_points)(const at::Tensor& values, const at::Tensor& points,
                                int64_t count) = nullptr;

  // Weights in the order in which the device reads them, and what runs them.
  /// conv3x3.h: weight [out, in, 3, 3].
  RunConv3x3 (*pack_conv3x3)(const at::Tensor& weight) = nullptr;
  /// patch_conv.h.
  RunPatchConv (*pack_patch_conv)(const PatchConvWeights&) = nullptr;
  /// convnext_block.h.
  RunConvNextBlock (*pack_convnext_block)(const ConvNextBlockWeights&) = nullptr;
  /// deform_encoder.h.
  RunDeformEncoder (*pack_deform_encoder)(const DeformEncoderShape&,
                                          const std::vector<DeformLayerWeights>&) = nullptr;

  // Results live on the host: a device without these hands the logits over.
  /// upsampled_masks.h.
  MaskWinners (*mask_winners)(const MaskSource&, const at::Tensor& scores) = nullptr;
  /// upsampled_masks.h: weights [Q, K] -> [h, w].
  at::Tensor (*best_classes)(const MaskSource&, const at::Tensor& weights) = nullptr;
  /// upsampled_masks.h.
  std::vector<MaskRuns> (*mask_runs)(const MaskSource&, const std::vector<int64_t>&) = nullptr;
  /// upsampled_masks.h.
  MaskReader (*read_masks)(const MaskSource&) = nullptr;
};

/// Calls visit(name, is there one) for every operation.
template <typename Visit>
void each_op(const Implementation& i, const Visit& visit) {
  visit("deform_attention", i.deform_attention != nullptr);
  visit("deform_attention_backward", i.deform_attention_backward != nullptr);
  visit("depthwise7", i.depthwise7 != nullptr);
  visit("depthwise7_backward", i.depthwise7_backward != nullptr);
  visit("resize_bilinear_u8", i.resize_bilinear_u8 != nullptr);
  visit("normalise_and_pad", i.normalise_and_pad != nullptr);
  visit("masked_attention", i.masked_attention != nullptr);
  visit("blocked_by_masks", i.blocked_by_masks != nullptr);
  visit("prefix_attention", i.prefix_attention != nullptr);
  visit("mask_pool", i.mask_pool != nullptr);
  visit("predict_and_pool_masks", i.predict_and_pool_masks != nullptr);
  visit("group_norm", i.group_norm != nullptr);
  visit("best_of_groups", i.best_of_groups != nullptr);
  visit("all_finite", i.all_finite != nullptr);
  visit("uniform_points", i.uniform_points != nullptr);
  visit("smallest_points", i.smallest_points != nullptr);
  visit("conv3x3", i.pack_conv3x3 != nullptr);
  visit("patch_conv", i.pack_patch_conv != nullptr);
  visit("convnext_block", i.pack_convnext_block != nullptr);
  visit("deform_encoder", i.pack_deform_encoder != nullptr);
  visit("mask_winners", i.mask_winners != nullptr);
  visit("best_classes", i.best_classes != nullptr);
  visit("mask_runs", i.mask_runs != nullptr);
  visit("read_masks", i.read_masks != nullptr);
}

/// What runs on a device: the processor's fastest instruction set or the one that FCCLIP_CPU_ISA
/// names; CUDA's kernels; "aten", none of its own, elsewhere. Decided at the
/// first call. Throws as chosen_isa().
const Implementation& implementation(c10::DeviceType device);

/// All that this build and this machine can run on a device, "aten" first.
std::vector<const Implementation*> implementations_of(c10::DeviceType device);

/// The processor's kernels, even where "aten" is forced.
const Implementation& host_implementation();

/// Whether autograd records what happens to x.
bool wants_gradient(const at::Tensor& x);

/// An operation of the device on which `like` lies, or null.
template <typename Function>
Function own(Function Implementation::*op, const at::Tensor& like) {
  return implementation(like.device().type()).*op;
}

/// The same, null too where a tensor is not float32 or a gradient to it is recorded.
template <typename Function>
Function own_float_inference(Function Implementation::*op,
                             std::initializer_list<at::Tensor> tensors) {
  for (const at::Tensor& tensor : tensors) {
    if (tensor.scalar_type() != at::kFloat || wants_gradient(tensor)) return nullptr;
  }
  return own(op, *tensors.begin());
}

/// The same, or the processor's: for what ends on the host anyway.
template <typename Function>
Function own_or_host(Function Implementation::*op, const at::Tensor& like) {
  const Function found = own(op, like);
  return found ? found : host_implementation().*op;
}

/// Tests: runs another implementation on its device, in the whole process, while it lives.
class Forced {
 public:
  explicit Forced(const Implementation& implementation);
  Forced(const Forced&) = delete;
  Forced& operator=(const Forced&) = delete;
  ~Forced();

 private:
  const Implementation& before_;
};

/// Throws Error{shape_mismatch} unless x is float32, contiguous and on this device.
void check_dense(std::string_view what, const at::Tensor& x, at::Device device);

}  // namespace fcclip::ops
