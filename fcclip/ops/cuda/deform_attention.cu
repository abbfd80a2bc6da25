// Multi-scale deformable attention and its gradients. A warp takes one (query, head): its lanes are
// the channels, so a sample reads 32 neighbouring floats of each corner.

#include <cuda_runtime.h>

#include "fcclip/ops/cuda/deform_attention.h"

#define FCCLIP_DEVICE __device__
#include "fcclip/ops/deform_sample.h"

namespace fcclip::ops::cuda {
namespace {

constexpr int kLanes = 32;
constexpr int kWarps = 8;  // of a block

template <typename T>
__device__ T warp_sum(T x) {
  for (int step = kLanes / 2; step > 0; step /= 2) x += __shfl_xor_sync(0xffffffffu, x, step);
  return x;
}

__device__ int64_t this_unit() {
  return static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.y;
}

template <typename T>
__global__ void forward_kernel(const DeformSamples<T> s) {
  const int64_t unit = this_unit();  // query · heads + head
  if (unit >= s.queries * s.heads) return;
  const int64_t stride = s.heads * s.head_dim, count = s.levels.count * s.points;
  const T* value = s.value + unit % s.heads * s.head_dim;
  for (int64_t channel = threadIdx.x; channel < s.head_dim; channel += kLanes) {
    T sum = 0;
    for (int64_t i = 0; i < count; ++i) {
      DeformSample<T> sample;
      const int64_t at = unit * count + i;
      if (!locate(s.levels, i / s.points, s.locations + 2 * at, sample)) continue;
      T mixed = 0;
      for (int c = 0; c < 4; ++c) {
        if (sample.inside[c]) mixed += sample.weight(c) * value[sample.row[c] * stride + channel];
      }
      sum += s.weights[at] * mixed;
    }
    s.out[unit * s.head_dim + channel] = sum;
  }
}

// All lanes of a warp run the same samples, so the sums over lanes are reached by all.
template <typename T>
__global__ void backward_kernel(const DeformSamples<T> s) {
  const int64_t unit = this_unit();
  if (unit >= s.queries * s.heads) return;
  const int64_t stride = s.heads * s.head_dim, count = s.levels.count * s.points;
  const int64_t head_start = unit % s.heads * s.head_dim;
  const T* grad = s.grad_out + unit * s.head_dim;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t at = unit * count + i, level = i / s.points;
    DeformSample<T> sample{};
    T seen[4] = {0, 0, 0, 0};  // <grad, corner>
    const bool any = locate(s.levels, level, s.locations + 2 * at, sample);
    for (int c = 0; any && c < 4; ++c) {
      if (!sample.inside[c]) continue;
      const int64_t row = sample.row[c] * stride + head_start;
      const T weight = s.weights[at] * sample.weight(c);
      for (int64_t channel = threadIdx.x; channel < s.head_dim; channel += kLanes) {
        seen[c] += grad[channel] * s.value[row + channel];
        atomicAdd(s.grad_value + row + channel, weight * grad[channel]);
      }
      seen[c] = warp_sum(seen[c]);
    }
    if (threadIdx.x != 0) continue;
    write_gradients(s, sample, seen, level, at);
  }
}

template <typename T>
const char* launch(void (*kernel)(const DeformSamples<T>), const DeformSamples<T>& job,
                   void* stream) {
  const int64_t units = job.queries * job.heads;
  if (units == 0) return nullptr;
  const dim3 blocks(static_cast<unsigned>((units + kWarps - 1) / kWarps)), threads(kLanes, kWarps);
  kernel<<<blocks, threads, 0, static_cast<cudaStream_t>(stream)>>>(job);
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

}  // namespace

template <typename T>
const char* deform_samples(const DeformSamples<T>& job, void* stream) {
  return launch<T>(forward_kernel<T>, job, stream);
}

template <typename T>
const char* deform_samples_backward(const DeformSamples<T>& job, void* stream) {
  return launch<T>(backward_kernel<T>, job, stream);
}

template const char* deform_samples(const DeformSamples<float>&, void*);
template const char* deform_samples(const DeformSamples<double>&, void*);
template const char* deform_samples_backward(const DeformSamples<float>&, void*);
template const char* deform_samples_backward(const DeformSamples<double>&, void*);

}  // namespace fcclip::ops::cuda
