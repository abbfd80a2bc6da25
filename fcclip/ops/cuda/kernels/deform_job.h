#pragma once
// What the kernels of kernels/deform_attention.cu are given: plain data, the same for who launches
// them and for the kernels.

#include "fcclip/ops/deform_args.h"

namespace fcclip::ops::cuda {

/// A batch of images; the pointers are the first one's, the grid's second axis counts images. Indices
/// within an image have 32 bits.
///   Value  float, double, or half and bfloat16 as their bits (uint16_t)
///   Real   what is computed in: float, or double with double
template <typename Value, typename Real>
struct DeformJob {
  const Value* value = nullptr;  ///< [S, heads, head_dim]
  const Real* locations =
      nullptr;                    ///< [Q, heads, levels, points, 2]: x, y; 0 and 1 are the borders
  const Real* weights = nullptr;  ///< [Q, heads, levels, points]
  Value* out = nullptr;           ///< [Q, heads, head_dim]
  const Value* grad_out = nullptr;  ///< like out
  Value* grad_value = nullptr;      ///< added to, in no fixed order
  Real* grad_locations = nullptr;   ///< written
  Real* grad_weights = nullptr;     ///< written
  int32_t positions = 0, queries = 0, heads = 0, head_dim = 0, points = 0;
  DeformLevelsOf<int32_t> levels;
};

/// Threads of a block, both kernels. The forward one gives `lanes` neighbouring threads (a power of
/// two, kDeformLeastLanes to a warp) a (query, head), the backward one a warp.
inline constexpr int32_t kDeformThreads = 128;
inline constexpr int32_t kDeformWarp = 32;
/// Samples that a group places at once.
inline constexpr int32_t kDeformChunk = 16;
/// Channels that a lane of the forward kernel reads at once where head_dim is a multiple of it.
inline constexpr int32_t kDeformChannels = 4;

/// Lanes at least: fewer would make more groups a block, whose shared memory costs others theirs. Heads of
/// 32 channels have as many.
inline constexpr int32_t kDeformLeastLanes = 8;
/// A group's samples, and one more that is never used: else all groups of a warp would read the same bank.
inline constexpr int32_t kDeformStride = kDeformChunk + 1;

}  // namespace fcclip::ops::cuda
