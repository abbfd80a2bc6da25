#pragma once
// The kernels of attention with a mask on tensors' memory.

#include <ATen/core/Tensor.h>

#include "fcclip/ops/cuda/launch.h"

namespace fcclip::ops::cuda {

/// What masked_attention.h is asked.
struct AttentionInputs {
  at::Tensor q;     ///< [B, Nq, C]
  at::Tensor k, v;  ///< [B, Nk, C]
  int64_t heads = 1;
  at::Tensor blocked = {};  ///< undefined, or bool, broadcastable to [B, heads, Nq, Nk]
};

/// Whether the kernels do it: float32, heads of 32 channels, one mask for all of them, something to look at, and
/// sizes that 32 bits count.
bool fits_masked_attention(const AttentionInputs& in);

/// [B, Nq, C] as masked_attention.h says it, for what fits. Sums are float32; their order depends on the sizes alone.
/// Throws as launch().
at::Tensor launch_masked_attention(const AttentionInputs& in, const LaunchPlace& place);

}  // namespace fcclip::ops::cuda
