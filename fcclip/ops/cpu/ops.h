#pragma once
// The operations on the processor, for ops/dispatch.h: arguments are checked already; kernels are those
// of chosen_isa().

#include "fcclip/ops/dispatch.h"

namespace fcclip::ops::cpu {

/// All of them, with this instruction set.
Implementation implementation(Isa isa);

at::Tensor deform_attention(const DeformInputs& in);
DeformGradients deform_attention_backward(const DeformInputs& in, const at::Tensor& grad_out);
DepthwiseGradients depthwise7_backward(const at::Tensor& x, const at::Tensor& weight,
                                       const at::Tensor& grad_out);

at::Tensor resize_bilinear_u8(const at::Tensor& pixels, Size size);
at::Tensor normalise_and_pad(const at::Tensor& pixels, const PixelNorm& norm, Size padded);

at::Tensor masked_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            int64_t heads, const at::Tensor& blocked);
at::Tensor prefix_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const at::Tensor& paths, int64_t heads);
at::Tensor mask_pool(const at::Tensor& features, const at::Tensor& mask_logits);
PooledMasks predict_and_pool_masks(const at::Tensor& embeddings, const at::Tensor& features);
void group_norm(const at::Tensor& x, const GroupNormWeights& norm, const AfterGroupNorm& after,
                const at::Tensor& out);
GroupBest best_of_groups(const at::Tensor& scores, at::IntArrayRef sizes);
bool all_finite(const at::Tensor& x);
at::Tensor uniform_points(const std::vector<uint64_t>& states, int64_t count);
at::Tensor smallest_points(const at::Tensor& values, const at::Tensor& points, int64_t count);

RunConv3x3 pack_conv3x3(const at::Tensor& weight);
RunPatchConv pack_patch_conv(const PatchConvWeights& weights);
RunConvNextBlock pack_convnext_block(const ConvNextBlockWeights& weights);
RunDeformEncoder pack_deform_encoder(const DeformEncoderShape& shape,
                                     const std::vector<DeformLayerWeights>& layers);

MaskWinners mask_winners(const MaskSource& masks, const at::Tensor& scores);
at::Tensor best_classes(const MaskSource& masks, const at::Tensor& weights);
std::vector<MaskRuns> mask_runs(const MaskSource& masks, const std::vector<int64_t>& queries);
MaskReader read_masks(const MaskSource& masks);

}  // namespace fcclip::ops::cpu
