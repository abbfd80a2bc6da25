#pragma once
// Rows times a matrix at inference, both sides perhaps in 16 bits.

#include <ATen/core/Tensor.h>

#include "fcclip/ops/layer_weights.h"
#include "fcclip/ops/products.h"

namespace fcclip::ops {

/// What `products` means for such a product on the weight's device: float32 on a processor with kernels of
/// its own, which round the network's large products alone; else products' dtype.
at::ScalarType linear_dtype(Products products, const at::Tensor& weight);

/// The weights in the type in which they are multiplied.
class PackedLinear {
 public:
  PackedLinear() = default;
  /// weight [out, in], bias [out], float32. Throws Error{shape_mismatch}.
  PackedLinear(const LinearWeights& weights, Products products);

  /// x [N, in] float32, on the weight's device -> [N, out] float32. No gradient.
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  LinearWeights weights_;
};

}  // namespace fcclip::ops
