// Rows of mask logits made into what the next product or attention takes, in one launch: a block counts
// a row, then writes it. One text for nvcc, NVRTC and, with tests/ops/cuda_on_host.h before it, a C++
// compiler.

#include "fcclip/ops/cuda/kernels/mask_rows_job.h"

namespace fcclip::ops::cuda {
namespace {

constexpr int32_t kRowWarp = 32;

__device__ int32_t sum_of_block(int32_t x) {
  __shared__ int32_t of_warp[kMaskRowThreads / kRowWarp];
  for (int step = kRowWarp / 2; step > 0; step /= 2) x += __shfl_xor_sync(0xffffffffu, x, step);
  if (threadIdx.x % kRowWarp == 0) of_warp[threadIdx.x / kRowWarp] = x;
  __syncthreads();
  int32_t sum = 0;
  for (int32_t warp = 0; warp < kMaskRowThreads / kRowWarp; ++warp) sum += of_warp[warp];
  return sum;
}

// 1 / count in the places of logits > 0, zeros elsewhere: the mean as a product.
__device__ void write_shares(const MaskRowsJob& job) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * job.places;
  int32_t count = 0;
  for (int32_t i = threadIdx.x; i < job.places; i += kMaskRowThreads) {
    if (job.logits[row + i] > 0) ++count;
  }
  const float share = 1.0f / (static_cast<float>(sum_of_block(count)) + job.epsilon);
  for (int32_t i = threadIdx.x; i < job.places; i += kMaskRowThreads) {
    job.shares[row + i] = job.logits[row + i] > 0 ? share : 0;
  }
}

// 1 in the places of logits < 0; a row without any other place is open everywhere.
__device__ void write_blocked(const MaskRowsJob& job) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * job.places;
  int32_t open = 0;
  for (int32_t i = threadIdx.x; i < job.places; i += kMaskRowThreads) {
    if (!(job.logits[row + i] < 0)) open = 1;
  }
  const bool any_open = sum_of_block(open) > 0;
  for (int32_t i = threadIdx.x; i < job.places; i += kMaskRowThreads) {
    job.blocked[row + i] = any_open && job.logits[row + i] < 0 ? 1 : 0;
  }
}

}  // namespace
}  // namespace fcclip::ops::cuda

extern "C" __global__ void mask_shares(const fcclip::ops::cuda::MaskRowsJob job) {
  fcclip::ops::cuda::write_shares(job);
}
extern "C" __global__ void mask_blocked(const fcclip::ops::cuda::MaskRowsJob job) {
  fcclip::ops::cuda::write_blocked(job);
}
