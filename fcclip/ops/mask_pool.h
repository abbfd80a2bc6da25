#pragma once
// Averages of features inside predicted masks.

#include <ATen/core/Tensor.h>

namespace fcclip::ops {

/// Added to the counts, as in the reference; in float32 it only keeps 0 / 0 from being NaN.
inline constexpr double kMaskCountEpsilon = 1e-8;

/// Averages features inside each predicted mask.
///   features     [B, H, W, C]  float, any device
///   mask_logits  [B, Q, H, W]  a pixel counts where its logit > 0 (a logit of exactly 0 is
///                              background)
///   returns      [B, Q, C]     sum / (count + 1e-8): an empty mask gives zeros
/// Gradient: to features only. Throws Error{shape_mismatch}. Source: paper section 3, "mask
/// pooling".
at::Tensor mask_pool(const at::Tensor& features, const at::Tensor& mask_logits);

/// Features and whether there was anything to average.
struct PooledMasks {
  at::Tensor mask_logits;  ///< [B, Q, H, W]
  at::Tensor pooled;       ///< [B, Q, C], as mask_pool(features, mask_logits)
};

/// Mask logits of every query and the features pooled inside them, in one pass over the features: a
/// block of logits is still in the cache when it is pooled, and only a block of 0/1 rows exists at
/// a time.
///   embeddings  [B, Q, C]
///   features    [B, H, W, C]
/// Differentiable as mask_pool (then, and where the device has no kernel, in two steps). Throws
/// Error{shape_mismatch}.
PooledMasks predict_and_pool_masks(const at::Tensor& embeddings, const at::Tensor& features);

}  // namespace fcclip::ops
