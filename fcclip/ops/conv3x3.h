#pragma once
// 3×3 convolution, stride 1, padding 1, without bias, at inference. On a processor: Winograd's
// F(4×4, 3×3) with matrix products, a quarter of the multiplications ("Fast Algorithms for
// Convolutional Neural Networks", 2016), at the rounding error of a direct convolution.

#include <functional>

#include <ATen/core/Tensor.h>

#include "fcclip/ops/products.h"

namespace fcclip::ops {

/// What a device makes of the weight.
using RunConv3x3 = std::function<at::Tensor(const at::Tensor& x)>;

/// The weight in the order in which the device reads it.
class PackedConv3x3 {
 public:
  PackedConv3x3() = default;
  /// weight [out, in, 3, 3] float32, on the device where it will run; it is not kept.
  /// A processor's kernel is float32 whatever `products` says. Throws Error{shape_mismatch}.
  explicit PackedConv3x3(const at::Tensor& weight, Products products = Products::float32);

  bool defined() const { return static_cast<bool>(run_); }
  /// One image.
  ///   x        [H, W, in]   float32, contiguous, on the weight's device
  ///   returns  [H, W, out], contiguous
  /// No gradient. Throws Error{shape_mismatch}.
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  int64_t in_ = 0;
  at::Device device_ = at::kCPU;
  RunConv3x3 run_;
};

}  // namespace fcclip::ops
