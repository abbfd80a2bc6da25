#pragma once
// The kernels of rows of mask logits on tensors' memory.

#include <ATen/core/Tensor.h>

#include "fcclip/ops/cuda/launch.h"

namespace fcclip::ops::cuda {

/// [.., N] of any floating type -> the same shape, float32: 1 / (count + kMaskCountEpsilon) where a
/// logit > 0, zeros elsewhere; what mask_pool multiplies the features with. Throws as launch(),
/// Error{too_large} for rows that 32 bits don't count.
at::Tensor launch_mask_shares(const at::Tensor& logits, const LaunchPlace& place);

/// masked_attention.h, blocked_by_masks.
at::Tensor launch_mask_blocked(const at::Tensor& logits, const LaunchPlace& place);

}  // namespace fcclip::ops::cuda
