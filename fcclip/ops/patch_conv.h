#pragma once
// ConvNeXt's stem and downsampling at inference: a convolution whose patches do not overlap is a
// product.

#include <functional>
#include <optional>

#include <ATen/core/Tensor.h>

#include "fcclip/ops/layer_weights.h"
#include "fcclip/ops/packing.h"

namespace fcclip::ops {

/// Stride k, no padding; LayerNorm over the channels of the input's pixels or of the output's.
struct PatchConvWeights {
  at::Tensor weight, bias;  ///< [out, in, k, k], [out]
  std::optional<LayerNormWeights> before, after;
  Packing packing = {};
};

/// What a device makes of the weights.
using RunPatchConv = std::function<at::Tensor(const at::Tensor& x)>;

/// The weight in the order in which the device reads it.
class PackedPatchConv {
 public:
  PackedPatchConv() = default;
  /// float32 tensors, all on the device where it will run. Throws Error{shape_mismatch}.
  explicit PackedPatchConv(const PatchConvWeights& weights);

  bool defined() const { return static_cast<bool>(run_); }
  /// x [B, H, W, in] float32, H and W multiples of k -> [B, H / k, W / k, out], contiguous.
  /// No gradient. Throws Error{shape_mismatch}.
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  int64_t in_ = 0, side_ = 0;
  at::Device device_ = at::kCPU;
  RunPatchConv run_;
};

}  // namespace fcclip::ops
