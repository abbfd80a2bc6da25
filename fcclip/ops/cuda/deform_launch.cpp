#include "fcclip/ops/cuda/deform_launch.h"

#include <algorithm>
#include <limits>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/core/round_up.h"
#include "fcclip/ops/cuda/kernels/deform_job.h"
#include "fcclip/ops/deform_levels.h"

namespace fcclip::ops::cuda {
namespace {

constexpr int64_t kMostImages = 65535;  // of a grid's second axis

// A job's layout is the same for every type of what it points to.
template <typename Real>
using Job = DeformJob<void, Real>;

int32_t narrow(int64_t x) {
  return static_cast<int32_t>(x);
}

void check_indices(const DeformInputs& in) {
  const int64_t images = std::max<int64_t>(in.value.size(0), 1);
  const int64_t most =
      std::max({in.value.numel(), in.locations.numel(),
                in.locations.size(1) * in.value.size(2) * in.value.size(3) * images}) /
      images;
  if (most > std::numeric_limits<int32_t>::max() || images > kMostImages) {
    fail(ErrorCode::too_large, "deformable attention on CUDA: ", images, " images of ", most,
         " elements; expected at most ", kMostImages, " of 2^31 - 1");
  }
}

template <typename Real>
Job<Real> job_of(const DeformInputs& in) {
  check_indices(in);
  Job<Real> job;
  job.value = in.value.const_data_ptr();
  job.locations = in.locations.const_data_ptr<Real>();
  job.weights = in.weights.const_data_ptr<Real>();
  job.positions = narrow(in.value.size(1));
  job.queries = narrow(in.locations.size(1));
  job.heads = narrow(in.value.size(2));
  job.head_dim = narrow(in.value.size(3));
  job.points = narrow(in.weights.size(4));
  const DeformLevels levels = deform_levels(in.levels);
  job.levels.count = narrow(levels.count);
  for (int64_t l = 0; l < levels.count; ++l) {
    job.levels.height[l] = narrow(levels.height[l]);
    job.levels.width[l] = narrow(levels.width[l]);
    job.levels.start[l] = narrow(levels.start[l]);
  }
  return job;
}

// Lanes of a group of the forward kernel, for a head's width.
unsigned lanes_of(int64_t head_dim) {
  const int64_t reads = head_dim % kDeformChannels == 0 ? head_dim / kDeformChannels : head_dim;
  int64_t lanes = kDeformLeastLanes;
  while (lanes < reads && lanes < kDeformWarp) lanes *= 2;
  return static_cast<unsigned>(lanes);
}

LaunchShape shape_of(const DeformInputs& in, unsigned lanes) {
  const unsigned groups = kDeformThreads / lanes;
  const auto units = static_cast<unsigned>(in.locations.size(1) * in.value.size(2));
  return {divide_up(units, groups), static_cast<unsigned>(in.value.size(0)), lanes, groups};
}

bool is_empty(const LaunchShape& shape) {
  return shape.blocks_x == 0 || shape.blocks_y == 0;
}

template <typename Real>
void forward(const DeformInputs& in, const at::Tensor& out, const LaunchPlace& place,
             const char* kernel) {
  Job<Real> job = job_of<Real>(in);
  job.out = out.data_ptr();
  const LaunchShape shape = shape_of(in, lanes_of(in.value.size(3)));
  if (!is_empty(shape)) launch(deform_attention_source(), kernel, shape, place, &job);
}

template <typename Real>
void backward(const DeformInputs& in, const at::Tensor& grad_out, const DeformGradients& grads,
              const LaunchPlace& place, const char* kernel) {
  Job<Real> job = job_of<Real>(in);
  job.grad_out = grad_out.const_data_ptr();
  job.grad_value = grads.value.data_ptr();
  job.grad_locations = grads.locations.template data_ptr<Real>();
  job.grad_weights = grads.weights.template data_ptr<Real>();
  const LaunchShape shape = shape_of(in, kDeformWarp);
  if (!is_empty(shape)) launch(deform_attention_source(), kernel, shape, place, &job);
}

// Neighbouring channels are read at once: a view that begins elsewhere in its memory is copied.
DeformInputs aligned(const DeformInputs& in) {
  const auto bytes = static_cast<uintptr_t>(kDeformChannels * in.value.element_size());
  if (reinterpret_cast<uintptr_t>(in.value.const_data_ptr()) % bytes == 0) return in;
  return {in.value.clone(), in.locations, in.weights, in.levels};
}

}  // namespace

void launch_deform_forward(const DeformInputs& given, const at::Tensor& out,
                           const LaunchPlace& place) {
  const DeformInputs in = aligned(given);
  switch (in.value.scalar_type()) {
    case at::kDouble:
      return forward<double>(in, out, place, "deform_forward_double");
    case at::kHalf:
      return forward<float>(in, out, place, "deform_forward_half");
    case at::kBFloat16:
      return forward<float>(in, out, place, "deform_forward_bfloat16");
    default:
      return forward<float>(in, out, place, "deform_forward_float");
  }
}

void launch_deform_backward(const DeformInputs& in, const at::Tensor& grad_out,
                            const DeformGradients& grads, const LaunchPlace& place) {
  if (in.value.scalar_type() == at::kDouble) {
    return backward<double>(in, grad_out, grads, place, "deform_backward_double");
  }
  backward<float>(in, grad_out, grads, place, "deform_backward_float");
}

}  // namespace fcclip::ops::cuda
