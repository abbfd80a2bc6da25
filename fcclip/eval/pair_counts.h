#pragma once
// How many pixels two id maps share, by pairs of ids.

#include <cstdint>
#include <unordered_map>

#include <ATen/core/Tensor.h>

namespace fcclip::eval {

/// An id of the truth and one of the prediction, in order of the first, then of the second.
using PairKey = uint64_t;

inline PairKey pair_key(int64_t truth, int64_t prediction) {
  return (static_cast<PairKey>(truth) << 32) | static_cast<PairKey>(prediction);
}
inline int64_t truth_of(PairKey key) {
  return static_cast<int64_t>(key >> 32);
}
inline int64_t prediction_of(PairKey key) {
  return static_cast<int64_t>(key & 0xFFFFFFFFu);
}

using PairCounts = std::unordered_map<PairKey, int64_t>;

/// Of two maps of one size, int32.
PairCounts count_pairs(const at::Tensor& truth, const at::Tensor& prediction);

}  // namespace fcclip::eval
