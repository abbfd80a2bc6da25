// A depthwise 7×7 convolution and the LayerNorm behind it in one launch: what is convolved is in
// registers until it is normed, and is never in memory. One text for nvcc, NVRTC and, with
// tests/ops/cuda_on_host.h before it, a C++ compiler.
//
// The norm needs all channels of a pixel, so a block has them all. A thread walks down the rows that a
// tile's windows touch: each pixel is read once and serves all windows that it lies in.

#include "fcclip/ops/cuda/kernels/depthwise_norm_job.h"
#include "fcclip/ops/cuda/kernels/element.h"

namespace fcclip::ops::cuda {
namespace {

constexpr int32_t kTileWarp = 32, kMostTileWarps = 32;
constexpr int32_t kTileReach = kDepthwiseWindow / 2, kTileWidth = kDepthwiseTileWidth;
constexpr int32_t kTileSeen = kTileWidth + 2 * kTileReach;  // of a row, by the tile's windows

// The k-th of a thread's channels: those of a warp are neighbours in memory.
__device__ int32_t channel_of(int32_t k) {
  return static_cast<int32_t>(threadIdx.x) + k * static_cast<int32_t>(blockDim.x);
}

// The tile of this block: its first pixel, and the rows above it in all images.
struct ConvTile {
  int32_t x, y;
  int64_t image_rows;
};

__device__ ConvTile tile_of_block(const DepthwiseNormJob& job, int32_t rows) {
  const int32_t tiles = job.tiles_x * job.tiles_y;
  const int32_t block = blockIdx.x, image = block / tiles, tile = block % tiles;
  return {tile % job.tiles_x * kTileWidth, tile / job.tiles_x * rows,
          static_cast<int64_t>(image) * job.height};
}

// The window's rows are read once, as the walk meets them; the last kRows of them are kept, since an
// image's row is under as many different ones as a tile has rows.
template <int kRows>
__device__ void convolve(const DepthwiseNormJob& job, const ConvTile& tile, int32_t channel,
                         float* sum) {
  float window[kRows][kDepthwiseWindow];
  const float bias = job.bias[channel];
  FCCLIP_UNROLLED
  for (int p = 0; p < kRows * kTileWidth; ++p) sum[p] = bias;
  FCCLIP_UNROLLED
  for (int r = 0; r < kRows + 2 * kTileReach; ++r) {
    FCCLIP_UNROLLED
    for (int tap = 0; r < kDepthwiseWindow && tap < kDepthwiseWindow; ++tap) {
      window[r % kRows][tap] = job.kernel[(r * kDepthwiseWindow + tap) * job.channels + channel];
    }
    const int32_t y = tile.y + r - kTileReach;
    if (y < 0 || y >= job.height) continue;  // zeros; the same for the whole block
    const float* line = job.x + (tile.image_rows + y) * job.width * job.channels;
    float seen[kTileSeen];
    FCCLIP_UNROLLED
    for (int i = 0; i < kTileSeen; ++i) {
      const int32_t x = tile.x + i - kTileReach;
      seen[i] = x >= 0 && x < job.width ? line[x * job.channels + channel] : 0.0f;
    }
    FCCLIP_UNROLLED
    for (int row = 0; row < kRows; ++row) {
      if (r < row || r - row >= kDepthwiseWindow) continue;
      FCCLIP_UNROLLED
      for (int i = 0; i < kTileWidth; ++i) {
        FCCLIP_UNROLLED
        for (int tap = 0; tap < kDepthwiseWindow; ++tap) {
          sum[row * kTileWidth + i] =
              fmaf(seen[i + tap], window[(r - row) % kRows][tap], sum[row * kTileWidth + i]);
        }
      }
    }
  }
}

// Each of kCount numbers becomes its sum over the block's threads. Lanes give away one half of their
// numbers and add to the other half, until each has one number: 16 numbers cost 15 exchanges and one
// more, where 16 sums of their own would cost 80.
template <int kCount>
__device__ void sum_over_block(float* x) {
  __shared__ float of_warp[kMostTileWarps][kCount];
  __shared__ float of_block[kCount];
  const int32_t lane = threadIdx.x % kTileWarp, warp = threadIdx.x / kTileWarp;
  int step = kTileWarp / 2;
  FCCLIP_UNROLLED
  for (int half = kCount / 2; half > 0; half /= 2) {
    const bool upper = (lane & step) != 0;
    FCCLIP_UNROLLED
    for (int i = 0; i < half; ++i) {
      const float given = upper ? x[i] : x[i + half], kept = upper ? x[i + half] : x[i];
      x[i] = kept + __shfl_xor_sync(0xffffffffu, given, step);
    }
    step /= 2;
  }
  for (; step > 0; step /= 2) x[0] += __shfl_xor_sync(0xffffffffu, x[0], step);
  constexpr int32_t kLanes = kTileWarp / kCount;  // that hold the same number
  if (lane % kLanes == 0) of_warp[warp][lane / kLanes] = x[0];
  __syncthreads();
  if (static_cast<int32_t>(threadIdx.x) < kCount) {
    float sum = 0;
    for (int32_t w = 0; w < static_cast<int32_t>(blockDim.x) / kTileWarp; ++w) {
      sum += of_warp[w][threadIdx.x];
    }
    of_block[threadIdx.x] = sum;
  }
  // Behind it nobody reads of_warp; of_block is next written behind the next one's first meeting.
  __syncthreads();
  FCCLIP_UNROLLED
  for (int i = 0; i < kCount; ++i) x[i] = of_block[i];
}

// Subtracts each pixel's mean, then finds what its numbers are multiplied with: two passes, as the
// difference of large sums would lose what is small beside the mean.
template <int kEach, int kPixels>
__device__ void norm(const DepthwiseNormJob& job, float (&value)[kEach][kPixels]) {
  float sum[kPixels];
  const float share = 1.0f / static_cast<float>(job.channels);
  FCCLIP_UNROLLED
  for (int p = 0; p < kPixels; ++p) {
    sum[p] = 0;
    FCCLIP_UNROLLED
    for (int k = 0; k < kEach; ++k) sum[p] += value[k][p];
  }
  sum_over_block<kPixels>(sum);
  FCCLIP_UNROLLED
  for (int p = 0; p < kPixels; ++p) {
    const float mean = sum[p] * share;
    sum[p] = 0;
    FCCLIP_UNROLLED
    for (int k = 0; k < kEach; ++k) {
      value[k][p] -= mean;
      if (channel_of(k) < job.channels) sum[p] = fmaf(value[k][p], value[k][p], sum[p]);
    }
  }
  sum_over_block<kPixels>(sum);
  FCCLIP_UNROLLED
  for (int p = 0; p < kPixels; ++p) {
    const float scale = 1.0f / sqrtf(sum[p] * share + job.eps);
    FCCLIP_UNROLLED
    for (int k = 0; k < kEach; ++k) value[k][p] *= scale;
  }
}

template <typename Out, int kEach, int kPixels>
__device__ void write_tile(const DepthwiseNormJob& job, const ConvTile& tile,
                           const float (&value)[kEach][kPixels]) {
  Out* out = static_cast<Out*>(job.out);
  FCCLIP_UNROLLED
  for (int p = 0; p < kPixels; ++p) {
    const int32_t x = tile.x + p % kTileWidth, y = tile.y + p / kTileWidth;
    if (x >= job.width || y >= job.height) continue;
    Out* pixel = out + ((tile.image_rows + y) * job.width + x) * job.channels;
    FCCLIP_UNROLLED
    for (int k = 0; k < kEach; ++k) {
      if (channel_of(k) < job.channels) from_real(value[k][p], pixel[channel_of(k)]);
    }
  }
}

template <int kEach, int kRows>
__device__ void depthwise_norm(const DepthwiseNormJob& job) {
  constexpr int kPixels = kRows * kTileWidth;
  const ConvTile tile = tile_of_block(job, kRows);
  float value[kEach][kPixels] = {};
  FCCLIP_UNROLLED
  for (int k = 0; k < kEach; ++k) {
    if (channel_of(k) < job.channels) convolve<kRows>(job, tile, channel_of(k), value[k]);
  }
  norm(job, value);
  FCCLIP_UNROLLED
  for (int k = 0; k < kEach; ++k) {
    if (!job.norm_weight || channel_of(k) >= job.channels) continue;
    const float weight = job.norm_weight[channel_of(k)], bias = job.norm_bias[channel_of(k)];
    FCCLIP_UNROLLED
    for (int p = 0; p < kPixels; ++p) value[k][p] = fmaf(value[k][p], weight, bias);
  }
  switch (job.type) {
    case DepthwiseNormType::half:
      return write_tile<Half>(job, tile, value);
    case DepthwiseNormType::bfloat16:
      return write_tile<Bfloat16>(job, tile, value);
    default:
      return write_tile<float>(job, tile, value);
  }
}

}  // namespace
}  // namespace fcclip::ops::cuda

#define FCCLIP_DEPTHWISE_NORM(name, shape)                                     \
  extern "C" __global__ void __launch_bounds__(fcclip::ops::cuda::shape.bound) \
      name(const fcclip::ops::cuda::DepthwiseNormJob job) {                    \
    using fcclip::ops::cuda::shape;                                            \
    fcclip::ops::cuda::depthwise_norm<shape.each, shape.rows>(job);            \
  }

FCCLIP_DEPTHWISE_NORM(depthwise_norm_narrow, kDepthwiseNarrow)
FCCLIP_DEPTHWISE_NORM(depthwise_norm_wide, kDepthwiseWide)
