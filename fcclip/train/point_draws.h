#pragma once
// The random points of one step, for every picture by itself.

#include <map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/train/batch.h"

namespace fcclip::train {

/// A DrawLayerPoints whose numbers depend on (seed, the picture's index, layer, purpose) alone: a
/// batch in parts, spread over processes or on another device draws what the whole would. Index:
/// position in the run, so no picture repeats its numbers.
class PointDraws {
 public:
  PointDraws(const Batch& batch, int64_t queries, int64_t seed, at::Device device);
  /// [rows, count, 2], uniform in [0, 1), on the device.
  at::Tensor operator()(int64_t layer, int64_t rows, int64_t count);

 private:
  uint64_t state_of(int64_t picture, int64_t layer, int64_t call) const;

  const Batch& batch_;
  int64_t queries_;
  uint64_t seed_;
  at::Device device_;
  std::map<int64_t, int64_t> calls_;  // of each layer
};

}  // namespace fcclip::train
