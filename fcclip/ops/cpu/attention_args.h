#pragma once
// What the attention kernel of ops/masked_attention.h works on: one image, on plain pointers.

#include <cstdint>

namespace fcclip::ops {

/// Keys are handled in blocks of this many, one word of the mask; queries that may attend to
/// nothing in a block skip it.
inline constexpr int64_t kKeyBlock = 64;

struct BlockAttention {
  const float *q = nullptr, *kt = nullptr, *v = nullptr;  ///< kt [C, Nk]: keys side by side
  const uint64_t* allowed =
      nullptr;           ///< [Nq, blocks], bit j of a word: key 64·block + j; or nullptr
  float* out = nullptr;  ///< [Nq, C]
  int64_t q_stride = 0, kt_stride = 0, v_stride = 0;  ///< floats from one row to the next
  int64_t queries = 0, keys = 0, heads = 0;
  int64_t head_width = 0;  ///< a multiple of 16
  float scale = 1;
  int64_t blocks() const { return (keys + kKeyBlock - 1) / kKeyBlock; }
  /// Floats of scratch that a thread needs.
  int64_t scratch() const {
    return queries * (2 * head_width + 2) + 2 * kKeyBlock * head_width + 6 * kKeyBlock;
  }
};

}  // namespace fcclip::ops
