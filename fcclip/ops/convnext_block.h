#pragma once
// A whole ConvNeXt block at inference; on a processor in blocks of pixels that never leave a core's
// cache.

#include <functional>

#include <ATen/core/Tensor.h>

#include "fcclip/ops/layer_weights.h"
#include "fcclip/ops/packing.h"

namespace fcclip::ops {

/// As the checkpoint has them.
struct ConvNextBlockWeights {
  at::Tensor depthwise;       ///< [C, 1, 7, 7]
  at::Tensor depthwise_bias;  ///< [C]
  LayerNormWeights norm;
  LinearWeights fc1, fc2;  ///< C -> F -> C
  at::Tensor gamma;        ///< [C]
  Packing packing = {};    ///< its products: of fc1 and fc2
};

/// What a device makes of the weights.
using RunConvNextBlock = std::function<void(const at::Tensor& x, at::Tensor& y)>;

/// The weights in the order in which the device reads them.
class PackedConvNextBlock {
 public:
  PackedConvNextBlock() = default;
  /// float32 tensors, all on the device where it will run; γ is folded into fc2.
  /// Throws Error{shape_mismatch}; as need_products().
  explicit PackedConvNextBlock(const ConvNextBlockWeights& weights);

  bool defined() const { return static_cast<bool>(run_); }
  /// y = x + γ · fc2(GELU(fc1(LayerNorm(depthwise 7×7 (x))))).
  ///   x  [B, H, W, C]  float32, contiguous, on the weights' device
  ///   y  [B, H, W, C]  contiguous, another tensor than x: neighbours of a pixel are read after it
  ///   is written
  /// No gradient. Throws Error{shape_mismatch, invalid_argument}.
  void run(const at::Tensor& x, at::Tensor& y) const;

 private:
  int64_t channels_ = 0;
  at::Device device_ = at::kCPU;
  RunConvNextBlock run_;
};

}  // namespace fcclip::ops
