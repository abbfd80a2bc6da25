#pragma once
// A linear layer for inference: packed weights, bias, activation and residual in one pass.

#include <ATen/core/Tensor.h>

#include "fcclip/ops/packed_matrix.h"

namespace fcclip::ops {

/// What the activation does to a tensor: the plain form of the fused one. gelu is exact (erf).
at::Tensor apply_activation(Activation activation, const at::Tensor& x);

/// The weight in the order in which the kernel reads it.
class PackedLinear {
 public:
  PackedLinear() = default;
  /// weight [out, in], bias [out] or undefined; float32. On a CPU the weight is copied into the
  /// kernel's order and not kept; on another device it is kept as it is.
  PackedLinear(const at::Tensor& weight, const at::Tensor& bias, Isa isa = chosen_isa());

  bool defined() const { return packed_.defined() || weight_.defined(); }
  /// act(x Wᵀ + bias) + residual.
  ///   x         [..., in]   float32
  ///   residual  [..., out]  or undefined
  ///   returns   [..., out]
  /// No gradient. Throws Error{shape_mismatch}.
  at::Tensor operator()(const at::Tensor& x, Activation activation = Activation::none,
                        const at::Tensor& residual = {}) const;

  /// Both layers of an MLP: residual + second(act(first(x))). The hidden rows never reach memory.
  friend at::Tensor packed_mlp(const PackedLinear& first, Activation activation,
                               const PackedLinear& second, const at::Tensor& x,
                               const at::Tensor& residual);

 private:
  PackedMatrix packed_;
  at::Tensor weight_, bias_;
};

/// residual + second(act(first(x))), in blocks of rows whose hidden part stays in a core's cache.
///   x         [..., in of first]
///   residual  [..., out of second] or undefined
/// No gradient. Throws Error{shape_mismatch}.
at::Tensor packed_mlp(const PackedLinear& first, Activation activation, const PackedLinear& second,
                      const at::Tensor& x, const at::Tensor& residual = {});

}  // namespace fcclip::ops
