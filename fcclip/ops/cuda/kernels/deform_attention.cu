// Multi-scale deformable attention and its gradients. One text: nvcc's, ahead of time; NVRTC's, for the
// GPU at hand; a C++ compiler's, with tests/ops/cuda_on_host.h before it.
//
// Threads that share a (query, head) place its samples first, each another one, and leave corners and
// weights in shared memory; then they are the channels.

#define FCCLIP_DEVICE __device__
#include "fcclip/ops/cuda/kernels/deform_job.h"
#include "fcclip/ops/cuda/kernels/element.h"
#include "fcclip/ops/deform_sample.h"

namespace fcclip::ops::cuda {
namespace {

// The four corners of a placed sample: elements from the head's first channel, negative outside of
// the map, and their weights.
template <typename Real>
struct alignas(16) Corners {
  int32_t offset[4];
  Real weight[4];
};

template <typename Value, typename Real>
__device__ Corners<Real> place(const DeformJob<Value, Real>& s, const Real* locations,
                               const Real* weights, int32_t i) {
  Corners<Real> corners = {{-1, -1, -1, -1}, {0, 0, 0, 0}};
  DeformSample<Real, int32_t> sample;
  if (!locate(s.levels, i / s.points, locations + 2 * i, sample)) return corners;
  for (int c = 0; c < 4; ++c) {
    if (!sample.inside[c]) continue;
    corners.offset[c] = sample.row[c] * s.heads * s.head_dim;
    corners.weight[c] = weights[i] * sample.weight(c);
  }
  return corners;
}

// Neighbouring channels of one place, read at once.
template <typename Value, int kCount>
struct alignas(sizeof(Value) * kCount) Channels {
  Value of[kCount];
};

template <typename Value, typename Real, int kCount>
__device__ void add_corners(const Corners<Real>& corners, const Value* value, Real (&sum)[kCount]) {
  for (int c = 0; c < 4; ++c) {
    if (corners.offset[c] < 0) continue;
    const auto seen = *reinterpret_cast<const Channels<Value, kCount>*>(value + corners.offset[c]);
    for (int k = 0; k < kCount; ++k) sum[k] += corners.weight[c] * to_real(seen.of[k]);
  }
}

// blockDim.x threads a (query, head), blockDim.y of these a block.
template <typename Value, typename Real, int kCount>
__device__ void forward(const DeformJob<Value, Real>& s, int32_t unit, bool active,
                        Corners<Real>* placed) {
  const int32_t count = s.levels.count * s.points, lane = threadIdx.x, lanes = blockDim.x;
  const int64_t image = blockIdx.y, units = static_cast<int64_t>(s.queries) * s.heads;
  const Value* value = s.value + image * s.positions * s.heads * s.head_dim +
                       static_cast<int64_t>(unit % s.heads) * s.head_dim;
  const Real* locations = s.locations + 2 * count * (image * units + unit);
  const Real* weights = s.weights + count * (image * units + unit);
  Value* out = s.out + (image * units + unit) * s.head_dim;
  // Wider heads than all lanes read at once take several rounds; every lane takes part in each.
  for (int32_t round = 0; round < s.head_dim; round += lanes * kCount) {
    const int32_t channel = round + lane * kCount;
    Real sum[kCount] = {};
    for (int32_t first = 0; first < count; first += kDeformChunk) {
      const int32_t chunk = count - first < kDeformChunk ? count - first : kDeformChunk;
      for (int32_t i = lane; active && i < chunk; i += lanes) {
        placed[i] = place(s, locations, weights, first + i);
      }
      __syncwarp();
      for (int32_t i = 0; active && channel < s.head_dim && i < chunk; ++i) {
        add_corners(placed[i], value + channel, sum);
      }
      __syncwarp();
    }
    if (!active || channel >= s.head_dim) continue;
    Channels<Value, kCount> made;
    for (int k = 0; k < kCount; ++k) from_real(sum[k], made.of[k]);
    *reinterpret_cast<Channels<Value, kCount>*>(out + channel) = made;
  }
}

template <typename Value, typename Real>
__device__ void forward_of(const DeformJob<Value, Real>& s) {
  __shared__ Corners<Real> placed[kDeformThreads / kDeformLeastLanes * kDeformStride];
  const int32_t unit = blockIdx.x * blockDim.y + threadIdx.y;
  const bool active = unit < s.queries * s.heads;
  Corners<Real>* own = placed + threadIdx.y * kDeformStride;
  if (s.head_dim % kDeformChannels == 0) {
    forward<Value, Real, kDeformChannels>(s, active ? unit : 0, active, own);
  } else {
    forward<Value, Real, 1>(s, active ? unit : 0, active, own);
  }
}

template <typename Real>
__device__ Real warp_sum(Real x) {
  for (int step = kDeformWarp / 2; step > 0; step /= 2) {
    x += __shfl_xor_sync(0xffffffffu, x, step);
  }
  return x;
}

// The gradients of one sample, by a warp: all lanes run the same samples, so the sums over lanes are
// reached by all.
//   head  elements before the head's first channel in the maps of all images
template <typename Real>
__device__ void backward_sample(const DeformJob<Real, Real>& s, int64_t head, const Real* grad,
                                const DeformSample<Real, int32_t>& sample, int32_t level,
                                int64_t at) {
  Real seen[4] = {0, 0, 0, 0};  // <grad, corner>
  for (int c = 0; c < 4; ++c) {
    if (!sample.inside[c]) continue;
    const int32_t row = sample.row[c] * s.heads * s.head_dim;
    const Real weight = s.weights[at] * sample.weight(c);
    for (int32_t channel = threadIdx.x; channel < s.head_dim; channel += kDeformWarp) {
      seen[c] += grad[channel] * s.value[head + row + channel];
      atomicAdd(s.grad_value + head + row + channel, weight * grad[channel]);
    }
    seen[c] = warp_sum(seen[c]);
  }
  if (threadIdx.x == 0) write_gradients(s, sample, seen, level, at);
}

// A warp a (query, head), blockDim.y of them a block.
template <typename Real>
__device__ void backward_of(const DeformJob<Real, Real>& s) {
  __shared__ DeformSample<Real, int32_t> placed[kDeformThreads / kDeformWarp][kDeformChunk];
  const int32_t unit = blockIdx.x * blockDim.y + threadIdx.y, lane = threadIdx.x;
  if (unit >= s.queries * s.heads) return;  // a whole warp
  const int32_t count = s.levels.count * s.points;
  const int64_t image = blockIdx.y, row = image * s.queries * s.heads + unit;
  const int64_t head = (image * s.positions * s.heads + unit % s.heads) * s.head_dim;
  DeformSample<Real, int32_t>* own = placed[threadIdx.y];
  for (int32_t first = 0; first < count; first += kDeformChunk) {
    const int32_t chunk = count - first < kDeformChunk ? count - first : kDeformChunk;
    if (lane < chunk) {
      own[lane] = {};  // nothing is inside
      const int32_t i = first + lane;
      locate(s.levels, i / s.points, s.locations + 2 * (row * count + i), own[lane]);
    }
    __syncwarp();
    for (int32_t i = first; i < first + chunk; ++i) {
      backward_sample(s, head, s.grad_out + row * s.head_dim, own[i - first], i / s.points,
                      row * count + i);
    }
    __syncwarp();
  }
}

}  // namespace
}  // namespace fcclip::ops::cuda

#define FCCLIP_FORWARD(name, Value, Real)                                              \
  extern "C" __global__ void name(const fcclip::ops::cuda::DeformJob<Value, Real> s) { \
    fcclip::ops::cuda::forward_of(s);                                                  \
  }
#define FCCLIP_BACKWARD(name, Real)                                                   \
  extern "C" __global__ void name(const fcclip::ops::cuda::DeformJob<Real, Real> s) { \
    fcclip::ops::cuda::backward_of(s);                                                \
  }

FCCLIP_FORWARD(deform_forward_float, float, float)
FCCLIP_FORWARD(deform_forward_double, double, double)
FCCLIP_FORWARD(deform_forward_half, fcclip::ops::cuda::Half, float)
FCCLIP_FORWARD(deform_forward_bfloat16, fcclip::ops::cuda::Bfloat16, float)
FCCLIP_BACKWARD(deform_backward_float, float)
FCCLIP_BACKWARD(deform_backward_double, double)
