// A picture's way into the network: the two passes of resize_u8.h, to the last bit, and normalise.h. A
// thread makes one value; neighbours in a block read and write neighbours. One text for nvcc, NVRTC and,
// with tests/ops/cuda_on_host.h before it, a C++ compiler.

#include "fcclip/ops/cuda/kernels/resize_u8_job.h"

namespace fcclip::ops::cuda {
namespace {

// Of a block's output row and the row's chunk that it writes, this thread's place in the row.
__device__ int32_t row_of_block(int32_t chunks) {
  return static_cast<int32_t>(blockIdx.x) / chunks;
}

__device__ int32_t place_in_row(int32_t chunks) {
  return static_cast<int32_t>(blockIdx.x) % chunks * kResizeThreads +
         static_cast<int32_t>(threadIdx.x);
}

// Sums are of whole numbers: no order of them differs.
__device__ uint8_t filtered(const ResizeTaps& filter, int32_t at, const uint8_t* first,
                            int64_t step) {
  const int32_t* taps = filter.taps + at * filter.stride;
  const uint8_t* in = first + filter.starts[at] * step;
  int32_t sum = 1 << (kResizeBits - 1);
  for (int32_t k = 0; k < filter.counts[at]; ++k) sum += in[k * step] * taps[k];
  const int32_t value = sum >> kResizeBits;
  return static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

__device__ void resize_one_row(const ResizeJob& job) {
  const int64_t row = row_of_block(job.chunks);
  const int32_t i = place_in_row(job.chunks);
  if (i >= job.out_row) return;
  const int32_t x = i / job.channels, channel = i % job.channels;
  job.out[row * job.out_row + i] =
      filtered(job.taps, x, job.in + row * job.in_row + channel, job.channels);
}

__device__ void resize_one_column(const ResizeJob& job) {
  const int32_t y = row_of_block(job.chunks), i = place_in_row(job.chunks);
  if (i >= job.out_row) return;
  job.out[static_cast<int64_t>(y) * job.out_row + i] =
      filtered(job.taps, y, job.in + i, job.in_row);
}

// Of one of three channels; an index that is not known would put the argument into slow memory.
__device__ float of_channel(const float* three, int32_t channel) {
  return channel == 0 ? three[0] : channel == 1 ? three[1] : three[2];
}

// The two operations of the processor's table of 256 values, each rounded as there.
__device__ void normalise_one(const NormaliseJob& job) {
  const int32_t row = row_of_block(job.chunks), i = place_in_row(job.chunks);
  if (i >= job.out_row) return;
  const int32_t picture = row / job.padded_height, y = row % job.padded_height, channel = i % 3;
  float value = 0;
  if (y < job.height && i < job.in_row) {
    const int64_t from = static_cast<int64_t>(picture) * job.height + y;
    const float pixel = job.in[from * job.in_row + i];
    value = (pixel - of_channel(job.mean, channel)) / of_channel(job.std, channel);
  }
  job.out[static_cast<int64_t>(row) * job.out_row + i] = value;
}

}  // namespace
}  // namespace fcclip::ops::cuda

extern "C" __global__ void resize_rows(const fcclip::ops::cuda::ResizeJob job) {
  fcclip::ops::cuda::resize_one_row(job);
}
extern "C" __global__ void resize_columns(const fcclip::ops::cuda::ResizeJob job) {
  fcclip::ops::cuda::resize_one_column(job);
}
extern "C" __global__ void normalise_and_pad(const fcclip::ops::cuda::NormaliseJob job) {
  fcclip::ops::cuda::normalise_one(job);
}
