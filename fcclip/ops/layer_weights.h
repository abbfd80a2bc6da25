#pragma once
// The tensors of the layers that operations fuse.

#include <ATen/core/Tensor.h>

namespace fcclip::ops {

/// y = x Wᵀ + b.
struct LinearWeights {
  at::Tensor weight, bias;  ///< [out, in], [out]
};

/// Over the last axis.
struct LayerNormWeights {
  at::Tensor weight, bias;  ///< [C]
  double eps = 1e-5;
};

}  // namespace fcclip::ops
