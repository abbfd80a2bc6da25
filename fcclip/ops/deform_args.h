#pragma once
// What the kernels of deformable attention are given, on the CPU and on CUDA. Plain data: the
// kernels know no tensors.

#include <cstdint>

namespace fcclip::ops {

inline constexpr int64_t kMaxDeformLevels = 8;
inline constexpr int64_t kMaxDeformPoints = 64;  ///< levels · points of the fused kernel

/// The maps of all levels lie one after another in `value`'s rows.
///   Index  int64_t; int32_t on CUDA, where wide products are slow
template <typename Index>
struct DeformLevelsOf {
  Index count = 0;
  Index height[kMaxDeformLevels] = {}, width[kMaxDeformLevels] = {}, start[kMaxDeformLevels] = {};
};

using DeformLevels = DeformLevelsOf<int64_t>;

/// Self-attention of one image's tokens, S = all positions of all levels; a token looks around its
/// own position.
struct DeformTokens {
  const float* value = nullptr;  ///< [S, heads, head_dim]
  const float* raw = nullptr;    ///< [S, 3, levels, points, heads]: x offsets, y offsets, logits
  float* out = nullptr;          ///< [S, heads, head_dim]
  int64_t heads = 0, head_dim = 0, points = 0;
  DeformLevels levels;
};

/// One image with given locations and weights; the form that has gradients.
template <typename T>
struct DeformSamples {
  const T* value = nullptr;      ///< [S, heads, head_dim]
  const T* locations = nullptr;  ///< [Q, heads, levels, points, 2]: x, y; 0 and 1 are the borders
  const T* weights = nullptr;    ///< [Q, heads, levels, points]
  T* out = nullptr;              ///< [Q, heads, head_dim]
  const T* grad_out = nullptr;   ///< like out
  T* grad_value = nullptr;       ///< added to
  T* grad_locations = nullptr;   ///< written
  T* grad_weights = nullptr;     ///< written
  int64_t queries = 0, heads = 0, head_dim = 0, points = 0;
  DeformLevels levels;
};

}  // namespace fcclip::ops
