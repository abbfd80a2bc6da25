#pragma once
// The truth that predictions are held against.

#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::train {

/// The truth of one picture, padded to the network's input.
struct Targets {
  at::Tensor labels;  ///< [N] int64, class positions
  at::Tensor masks;   ///< [N, H, W] bool, uint8 or float
};

/// The truth of a batch in one piece: few large operations in place of many small ones.
struct TargetBatch {
  at::Tensor labels;           ///< [N] int64, of all pictures one after the other
  at::Tensor masks;            ///< [N, H, W] float
  at::Tensor picture;          ///< [N] int64: whose
  std::vector<int64_t> first;  ///< B + 1 positions: picture b has rows first[b] to first[b + 1]

  int64_t pictures() const { return static_cast<int64_t>(first.size()) - 1; }
  int64_t count(int64_t picture) const { return first[picture + 1] - first[picture]; }
};

/// Masks of one size; at least one picture.
TargetBatch join(const std::vector<Targets>& targets, at::Device device = at::kCPU);

}  // namespace fcclip::train
