#pragma once
// 3×3 convolution, stride 1, padding 1, without bias, at inference: Winograd's F(4×4, 3×3) with
// matrix products, a quarter of the multiplications ("Fast Algorithms for Convolutional Neural
// Networks", 2016), at the rounding error of a direct convolution.

#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/ops/packed_matrix.h"

namespace fcclip::ops {

/// The weight in the order in which the kernel reads it.
class PackedConv3x3 {
 public:
  PackedConv3x3() = default;
  /// weight [out, in, 3, 3] float32 on the CPU; it is not kept. Throws Error{shape_mismatch}.
  explicit PackedConv3x3(const at::Tensor& weight, Isa isa = chosen_isa());

  bool defined() const { return !planes_.empty(); }
  /// One image.
  ///   x        [H, W, in]   float32, contiguous, CPU
  ///   returns  [H, W, out]
  /// No gradient. Throws Error{shape_mismatch}.
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  void run_block(const at::Tensor& x, const at::Tensor& y, int64_t first, float* workspace) const;

  std::vector<PackedMatrix> planes_;  ///< 36 of [out, in]
};

}  // namespace fcclip::ops
