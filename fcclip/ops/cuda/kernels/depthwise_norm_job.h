#pragma once
// What the kernels of kernels/depthwise_norm.cu are given: plain data, the same for who launches them
// and for the kernels.

#include <cstdint>

namespace fcclip::ops::cuda {

/// What is written. One kernel has them all: who runs a model in one of them would wait for the
/// compilation of the others.
enum class DepthwiseNormType : int32_t { float32, half, bfloat16 };

/// A block of threads is a tile of pixels with all of their channels.
struct DepthwiseNormJob {
  const float* x = nullptr;  ///< [B, H, W, C]
  void* out = nullptr;       ///< the same
  DepthwiseNormType type = DepthwiseNormType::float32;
  const float* kernel = nullptr;       ///< [49, C]: neighbouring threads read neighbouring channels
  const float* bias = nullptr;         ///< [C]
  const float* norm_weight = nullptr;  ///< [C], or null: the norm is left without its affine
  const float* norm_bias = nullptr;    ///< [C], where norm_weight is
  float eps = 0;
  int32_t height = 0, width = 0, channels = 0;
  int32_t tiles_x = 0, tiles_y = 0;  ///< of an image; a grid's first axis is tiles of all images
};

/// How a block works: a thread holds `each` channels of all of a tile's pixels.
struct DepthwiseNormShape {
  int32_t each = 0;
  int32_t rows = 0;          ///< of a tile
  int32_t most_threads = 0;  ///< of a block
  /// What its registers are counted for: with more than most_threads there are fewer for each, and more
  /// blocks on a multiprocessor.
  int32_t bound = 0;
};

/// Of the 7×7 window.
inline constexpr int32_t kDepthwiseWindow = 7;
/// Pixels of a tile's row.
inline constexpr int32_t kDepthwiseTileWidth = 4;

/// A tile of 4×4 reads 10×10 pixels, 6.25 for one that it writes; of 4×2 it reads 10×8, 10 for one.
/// 16 sums, or 3·8 of them, beside a row of 10 pixels and 4 or 2 rows of the window: 54 and 48
/// registers, which leaves some for addresses of the 80 and the 64 that a thread has among 768 and
/// 1,024.
inline constexpr DepthwiseNormShape kDepthwiseNarrow = {1, 4, 512, 768};
inline constexpr DepthwiseNormShape kDepthwiseWide = {3, 2, 1024, 1024};

/// Of a pixel. Wider ones than 3,072 (ConvNeXt-XXLarge's last stage) are not for these kernels.
inline constexpr int32_t kDepthwiseMostChannels = kDepthwiseWide.each * kDepthwiseWide.most_threads;

}  // namespace fcclip::ops::cuda
