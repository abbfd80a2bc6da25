#pragma once
// What the kernels of kernels/masked_attention.cu are given: plain data, the same for who launches
// them and for the kernels.

#include <cstdint>

namespace fcclip::ops::cuda {

/// [B, N, heads · kAttentionWidth] with strides in numbers; those of images and rows are multiples of four, and so
/// is the address of 16 bytes. Or, with keys side by side, a row is 1 and a channel's is what it is.
struct AttentionRows {
  const float* first = nullptr;
  int64_t image = 0;
  int32_t row = 0, channel = 1;
};

/// masked_attention.h; heads of kAttentionWidth channels. The keys are cut into `splits` of
/// keys_of_split, a whole number of tiles, so that few queries keep many blocks busy. The grid's first axis
/// counts tiles of queries, those of one split after another, the second one heads of images.
struct AttentionJob {
  AttentionRows q, k, v;  ///< of k alone keys may be side by side
  /// [B, queries, keys], 1: not looked at; null: everything is.
  const uint8_t* blocked = nullptr;
  /// [B, queries, heads · kAttentionWidth]; of one split written by the first kernel, else by the second.
  float* out = nullptr;
  /// Of several splits, written by the first kernel: [splits, B · heads, queries] rows, each summed beside
  /// the largest score of its split.
  float* part = nullptr;      ///< rows of kAttentionWidth
  float* part_sum = nullptr;  ///< of the exponentials
  float* part_max = nullptr;  ///< scores in powers of two; -infinity where all is blocked
  float scale = 0;            ///< of q: log2(e) / sqrt(kAttentionWidth)
  int32_t heads = 0, queries = 0, keys = 0, splits = 1, keys_of_split = 0, rows = 0;
};

inline constexpr int32_t kAttentionWidth = 32;
/// Queries and keys of a tile; a thread has 4 of each.
inline constexpr int32_t kAttentionTile = 64;
inline constexpr int32_t kAttentionThreads = 256;

}  // namespace fcclip::ops::cuda
