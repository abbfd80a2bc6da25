#pragma once
// A residual sum and its LayerNorm in one pass, at inference.

#include <ATen/core/Tensor.h>

#include "fcclip/ops/isa.h"

namespace fcclip::ops {

/// Affine of a LayerNorm.
struct NormWeights {
  at::Tensor weight, bias;  ///< [C]
  double eps = 1e-5;
  Isa isa = chosen_isa();
};

/// out = LayerNorm(x + y), row by row. Starts no threads: callers run it on a block of rows that is
/// still in the cache.
///   x, y, out  [..., C]  float32, contiguous, CPU; out may be x or y
/// Throws Error{shape_mismatch}.
void add_norm(const at::Tensor& x, const at::Tensor& y, const NormWeights& norm,
              const at::Tensor& out);

}  // namespace fcclip::ops
