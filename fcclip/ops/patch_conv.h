#pragma once
// ConvNeXt's stem and downsampling for inference on a CPU: a convolution whose patches do not
// overlap is a product.

#include <optional>

#include <ATen/core/Tensor.h>

#include "fcclip/ops/packed_matrix.h"

namespace fcclip::ops {

/// LayerNorm over channels.
struct ChannelNorm {
  at::Tensor weight, bias;  ///< [C]
  double eps = 1e-6;
};

/// The weight in the order in which the kernel reads it.
class PackedPatchConv {
 public:
  PackedPatchConv() = default;
  /// weight [out, in, k, k], bias [out]; stride k, no padding. before: of the input's pixels;
  /// after: of the output's. Throws Error{shape_mismatch}.
  PackedPatchConv(const at::Tensor& weight, const at::Tensor& bias,
                  std::optional<ChannelNorm> before, std::optional<ChannelNorm> after,
                  Isa isa = chosen_isa());

  bool defined() const { return packed_.defined(); }
  /// x [B, H, W, in] float32, H and W multiples of k -> [B, H / k, W / k, out].
  /// No gradient. Throws Error{shape_mismatch}.
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  void gather(const at::Tensor& x, int64_t begin, int64_t end, float* patches) const;

  int64_t in_ = 0, side_ = 0;
  at::Tensor bias_;
  std::optional<ChannelNorm> before_, after_;
  PackedMatrix packed_;
};

}  // namespace fcclip::ops
