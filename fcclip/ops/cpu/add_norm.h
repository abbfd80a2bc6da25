#pragma once
// A residual sum and its LayerNorm in one pass, at inference.

#include <ATen/core/Tensor.h>

#include "fcclip/ops/layer_weights.h"

namespace fcclip::ops::cpu {

/// out = LayerNorm(x + y), row by row. Starts no threads: callers run it on a block of rows that is
/// still in the cache.
///   x, y, out  [..., C]  float32, contiguous; out may be x or y
/// Throws Error{shape_mismatch}.
void add_norm(const at::Tensor& x, const at::Tensor& y, const LayerNormWeights& norm,
              const at::Tensor& out);

}  // namespace fcclip::ops::cpu
