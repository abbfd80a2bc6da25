#pragma once
// A whole ConvNeXt block for inference on a CPU, in blocks of pixels that never leave a core's
// cache.

#include <ATen/core/Tensor.h>

#include "fcclip/ops/packed_matrix.h"

namespace fcclip::ops {

/// As the checkpoint has them.
struct ConvNextBlockWeights {
  at::Tensor depthwise;               ///< [C, 1, 7, 7]
  at::Tensor depthwise_bias;          ///< [C]
  at::Tensor norm_weight, norm_bias;  ///< [C]
  at::Tensor fc1_weight, fc1_bias;    ///< [F, C], [F]
  at::Tensor fc2_weight, fc2_bias;    ///< [C, F], [C]
  at::Tensor gamma;                   ///< [C]
  double eps = 1e-6;
};

/// The weights in the order in which the kernels read them.
class PackedConvNextBlock {
 public:
  PackedConvNextBlock() = default;
  /// float32 tensors on the CPU; γ is folded into fc2. Throws Error{shape_mismatch}.
  explicit PackedConvNextBlock(const ConvNextBlockWeights& weights, Isa isa = chosen_isa());

  bool defined() const { return fc1_.defined(); }
  /// y = x + γ · fc2(GELU(fc1(LayerNorm(depthwise 7×7 (x))))).
  ///   x  [B, H, W, C]  float32, contiguous
  ///   y  [B, H, W, C]  contiguous, another tensor than x: neighbours of a pixel are read after it
  ///   is written
  /// No gradient. Throws Error{shape_mismatch, invalid_argument}.
  void run(const at::Tensor& x, at::Tensor& y) const;

 private:
  void normed_depthwise(const at::Tensor& x, int64_t begin, int64_t end, float* out) const;

  int64_t channels_ = 0;
  float eps_ = 0;
  at::Tensor kernel_, kernel_bias_, norm_weight_, norm_bias_, fc1_bias_, fc2_bias_, zeros_;
  PackedMatrix fc1_, fc2_;
};

}  // namespace fcclip::ops
