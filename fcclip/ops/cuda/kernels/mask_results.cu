// Panoptic, semantic and instance results at the original size in one pass over its pixels: logits are
// read from the small masks where they are needed and nothing of a mask's full size is ever written.
// One text for nvcc, NVRTC and, with tests/ops/cuda_on_host.h before it, a C++ compiler.
//
// Sums have the order and the roundings of ops/cpu/kernels/mask_rows.cpp (each product is added by
// fmaf), so that a pixel near a threshold falls on the same side.

#include "fcclip/ops/cuda/kernels/element.h"
#include "fcclip/ops/cuda/kernels/mask_results_job.h"

namespace fcclip::ops::cuda {
namespace {

constexpr unsigned kAllLanes = 0xffffffffu;

__device__ float logit_at(const MaskGrid& grid, int32_t query, const MaskTaps& row,
                          const MaskTaps& column) {
  const float* mask =
      grid.logits + static_cast<int64_t>(query) * grid.mask_height * grid.mask_width;
  float sum = 0;
  for (int r = 0; r < 4; ++r) {
    if (r > 0 && row.weight[r] == 0) continue;
    const float* line = mask + row.index[r] * grid.mask_width;
    float across = 0;
    for (int c = 0; c < 4; ++c) {
      if (c > 0 && column.weight[c] == 0) continue;
      across = fmaf(line[column.index[c]], column.weight[c], across);
    }
    sum = fmaf(row.weight[r], across, sum);
  }
  return sum;
}

// e^x to about 1 ulp for x in [-87, 88]; clamped outside.
__device__ float exponential(float x) {
  x = x < -87.0f ? -87.0f : x;
  x = x < 88.0f ? x : 88.0f;
  const float n = rintf(x * 1.44269504f);
  const float r = fmaf(n, 2.12194440e-4f, fmaf(n, -0.693359375f, x));
  float p = 1.9875691500e-4f;
  p = fmaf(p, r, 1.3981999507e-3f);
  p = fmaf(p, r, 8.3334519073e-3f);
  p = fmaf(p, r, 4.1665795894e-2f);
  p = fmaf(p, r, 1.6666665459e-1f);
  p = fmaf(p, r, 5.0000001201e-1f);
  p = fmaf(p, r * r, r + 1.0f);
  return p * number_of_bits(static_cast<uint32_t>(static_cast<int32_t>(n) + 127) << 23);
}

// Zero where float32's exponential overflows: ties between such pixels must stay ties.
__device__ float sigmoid(float x) {
  return x < -88.72f ? 0 : 1.0f / (1.0f + exponential(0.0f - x));
}

// Adds a warp's threads to the counters of their keys, one addition a key.
__device__ void count_keys(int32_t* counters, int32_t key, bool counts) {
  unsigned left = __ballot_sync(kAllLanes, counts);
  while (left != 0) {
    const int leader = __ffs(static_cast<int>(left)) - 1;
    const int32_t theirs = __shfl_sync(kAllLanes, key, leader);
    const unsigned same = __ballot_sync(kAllLanes, counts && key == theirs);
    if (static_cast<int>(threadIdx.x) == leader) atomicAdd(counters + theirs, __popc(same));
    left &= ~same;
  }
}

__device__ void find_winners(const WinnersJob& job) {
  const MaskGrid& grid = job.grid;
  const int32_t x = blockIdx.x * kMaskTileWidth + threadIdx.x;
  const int32_t y = job.first_row + blockIdx.y * kMaskTileHeight + threadIdx.y;
  const bool active = x < grid.width && y < grid.height;
  const MaskTaps row = grid.rows[active ? y : 0], column = grid.columns[active ? x : 0];
  float best = -1;
  int32_t code = 0;
  for (int32_t q = 0; q < job.queries; ++q) {
    const float score = job.scores[q];
    if (!(score > 0)) continue;  // for the whole warp
    const float s = sigmoid(logit_at(grid, q, row, column));
    const bool inside = !(s < 0.5f);
    const unsigned all_inside = __ballot_sync(kAllLanes, active && inside);
    if (threadIdx.x == 0 && all_inside != 0) atomicAdd(job.pixels_inside + q, __popc(all_inside));
    const float value = score * s;
    if (best < value) {
      best = value;
      code = 2 * q + (inside ? 1 : 0);
    }
  }
  if (active) job.codes[y * grid.width + x] = code;
  count_keys(job.pixels_of_code, code, active);
}

// The weights of kMaskClasses neighbouring classes, read at once.
struct alignas(16) ClassWeights {
  float of[kMaskClasses];
};

struct BestClass {
  float sum;
  int32_t of;
};

// A warp sums every eighth group of classes for the same 32 pixels; then the block's warps compare.
__device__ void find_classes(const ClassesJob& job) {
  __shared__ float sigmoids[kMaskQueries][kMaskTileWidth];
  __shared__ BestClass found[kMaskTileHeight][kMaskTileWidth];
  const MaskGrid& grid = job.grid;
  const int32_t lane = threadIdx.x, warp = threadIdx.y;
  const int32_t x = blockIdx.x * kMaskTileWidth + lane, y = job.first_row + blockIdx.y;
  const MaskTaps row = grid.rows[y], column = grid.columns[x < grid.width ? x : 0];
  BestClass best = {-1, 0};
  int32_t held = -1;  // the first query whose sigmoids are there
  for (int32_t round = 0; round < job.groups; round += kMaskTileHeight) {
    const int32_t group = round + warp;
    float sum[kMaskClasses] = {};
    for (int32_t first = 0; first < job.queries; first += kMaskQueries) {
      const int32_t n = job.queries - first < kMaskQueries ? job.queries - first : kMaskQueries;
      if (held != first) {
        __syncthreads();
        for (int32_t q = warp; q < n; q += kMaskTileHeight) {
          sigmoids[q][lane] = sigmoid(logit_at(grid, first + q, row, column));
        }
        __syncthreads();
        held = first;
      }
      const float* weights =
          job.weights + (static_cast<int64_t>(group) * job.queries + first) * kMaskClasses;
      for (int32_t q = 0; group < job.groups && q < n; ++q) {
        const float s = sigmoids[q][lane];
        const ClassWeights weight = reinterpret_cast<const ClassWeights*>(weights)[q];
        for (int k = 0; k < kMaskClasses; ++k) sum[k] = fmaf(weight.of[k], s, sum[k]);
      }
    }
    for (int k = 0; group < job.groups && k < kMaskClasses; ++k) {
      if (best.sum < sum[k]) best = {sum[k], group * kMaskClasses + k};
    }
  }
  found[warp][lane] = best;
  __syncthreads();
  if (warp != 0 || x >= grid.width) return;
  for (int32_t other = 1; other < kMaskTileHeight; ++other) {
    const BestClass theirs = found[other][lane];
    const bool first_of_equal = theirs.sum == best.sum && theirs.of < best.of;
    if (best.sum < theirs.sum || first_of_equal) best = theirs;
  }
  job.labels[y * grid.width + x] = best.of;
}

// A thread walks down a segment of a column. Where its first pixel differs from the last one before
// it (the end of the column to the left, at the top) a run ends there.
template <bool kWrites>
__device__ void walk_runs(const RunsJob& job) {
  const MaskGrid& grid = job.grid;
  const int32_t tile = blockIdx.x, query = job.queries[blockIdx.y];
  const int32_t x = tile % job.tiles_x * kMaskTileWidth + threadIdx.x;
  const int32_t segment = tile / job.tiles_x * kMaskTileHeight + threadIdx.y;
  if (x >= grid.width || segment >= job.segments) return;
  const int64_t at = (static_cast<int64_t>(blockIdx.y) * grid.width + x) * job.segments + segment;
  const int32_t begin = segment * kMaskRunRows, height = grid.height;
  const int32_t end = height - begin < kMaskRunRows ? height : begin + kMaskRunRows;
  bool inside = false;
  if (begin > 0) {
    inside = logit_at(grid, query, grid.rows[begin - 1], grid.columns[x]) > 0;
  } else if (x > 0) {
    inside = logit_at(grid, query, grid.rows[height - 1], grid.columns[x - 1]) > 0;
  }
  const MaskTaps column = grid.columns[x];
  int32_t changes = 0;
  float sum = 0;
  int32_t* to = kWrites ? job.positions + (job.ends[at] - job.changes[at]) : nullptr;
  for (int32_t y = begin; y < end; ++y) {
    const float logit = logit_at(grid, query, grid.rows[y], column);
    if ((logit > 0) != inside) {
      if (kWrites) to[changes] = x * height + y;
      ++changes;
      inside = !inside;
    }
    if (!kWrites && inside) sum += sigmoid(logit);
  }
  if (kWrites) return;
  job.changes[at] = changes;
  job.sums[at] = sum;
}

}  // namespace
}  // namespace fcclip::ops::cuda

extern "C" __global__ void mask_winners(const fcclip::ops::cuda::WinnersJob job) {
  fcclip::ops::cuda::find_winners(job);
}
extern "C" __global__ void mask_classes(const fcclip::ops::cuda::ClassesJob job) {
  fcclip::ops::cuda::find_classes(job);
}
extern "C" __global__ void mask_runs_count(const fcclip::ops::cuda::RunsJob job) {
  fcclip::ops::cuda::walk_runs<false>(job);
}
extern "C" __global__ void mask_runs_write(const fcclip::ops::cuda::RunsJob job) {
  fcclip::ops::cuda::walk_runs<true>(job);
}
