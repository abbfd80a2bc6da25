// deform_attention as one node of the autograd graph: the only source here that sees autograd.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cuda/deform_attention.h"
#include "fcclip/ops/deform_attention.h"
#include "fcclip/ops/deform_levels.h"

#ifdef FCCLIP_CUDA
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace fcclip::ops {
namespace {

struct Inputs {
  at::Tensor value, locations, weights;
  DeformLevels levels;
};

struct Gradients {
  at::Tensor value, locations, weights;
};

template <typename T>
DeformSamples<T> job_of(const Inputs& in, int64_t image) {
  DeformSamples<T> job;
  job.value = in.value[image].const_data_ptr<T>();
  job.locations = in.locations[image].const_data_ptr<T>();
  job.weights = in.weights[image].const_data_ptr<T>();
  job.queries = in.locations.size(1);
  job.heads = in.value.size(2);
  job.head_dim = in.value.size(3);
  job.points = in.weights.size(4);
  job.levels = in.levels;
  return job;
}

void run(const DeformSamples<float>& job, int64_t begin, int64_t end) {
  kernels().deform_samples(job, begin, end);
}
void run(const DeformSamples<double>& job, int64_t begin, int64_t end) {
  kernels().deform_samples_double(job, begin, end);
}
void run_backward(const DeformSamples<float>& job, int64_t head) {
  kernels().deform_samples_backward(job, head);
}
void run_backward(const DeformSamples<double>& job, int64_t head) {
  kernels().deform_samples_backward_double(job, head);
}

#ifdef FCCLIP_CUDA
template <typename T>
void run_cuda(const DeformSamples<T>& job, const at::Tensor& on) {
  const c10::cuda::CUDAGuard guard(on.device());
  void* stream = c10::cuda::getCurrentCUDAStream().stream();
  const char* error = job.grad_out == nullptr ? cuda::deform_samples(job, stream)
                                              : cuda::deform_samples_backward(job, stream);
  if (error != nullptr) fail(ErrorCode::internal, "deformable attention on CUDA: ", error);
}
#endif

template <typename T>
at::Tensor forward_of(const Inputs& in) {
  const int64_t batch = in.value.size(0), queries = in.locations.size(1);
  at::Tensor out =
      at::empty({batch, queries, in.value.size(2) * in.value.size(3)}, in.value.options());
  for (int64_t image = 0; image < batch; ++image) {
    DeformSamples<T> job = job_of<T>(in, image);
    job.out = out[image].template data_ptr<T>();
#ifdef FCCLIP_CUDA
    if (in.value.is_cuda()) {
      run_cuda(job, in.value);
      continue;
    }
#endif
    at::parallel_for(0, queries, 64, [&](int64_t begin, int64_t end) { run(job, begin, end); });
  }
  return out;
}

template <typename T>
Gradients backward_of(const Inputs& in, const at::Tensor& grad_out) {
  const Gradients grads = {at::zeros_like(in.value), at::empty_like(in.locations),
                           at::empty_like(in.weights)};
  for (int64_t image = 0; image < in.value.size(0); ++image) {
    DeformSamples<T> job = job_of<T>(in, image);
    job.grad_out = grad_out[image].template const_data_ptr<T>();
    job.grad_value = grads.value[image].template data_ptr<T>();
    job.grad_locations = grads.locations[image].template data_ptr<T>();
    job.grad_weights = grads.weights[image].template data_ptr<T>();
#ifdef FCCLIP_CUDA
    if (in.value.is_cuda()) {
      run_cuda(job, in.value);
      continue;
    }
#endif
    at::parallel_for(0, job.heads, 1, [&](int64_t begin, int64_t end) {
      for (int64_t head = begin; head < end; ++head) run_backward(job, head);
    });
  }
  return grads;
}

at::Tensor forward(const Inputs& in) {
  return in.value.scalar_type() == at::kDouble ? forward_of<double>(in) : forward_of<float>(in);
}

struct Node : torch::autograd::Function<Node> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& value,
                            const at::Tensor& locations, const at::Tensor& weights,
                            std::vector<Size> sizes) {
    context->save_for_backward({value, locations, weights});
    std::vector<int64_t> flat;
    for (const Size& size : sizes) flat.insert(flat.end(), {size.height, size.width});
    context->saved_data["sizes"] = flat;
    return ops::forward({value, locations, weights, deform_levels(sizes)});
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const std::vector<int64_t> flat = context->saved_data["sizes"].toIntVector();
    std::vector<Size> sizes;
    for (size_t i = 0; i < flat.size(); i += 2) sizes.push_back({flat[i], flat[i + 1]});
    const Inputs in = {saved[0], saved[1], saved[2], deform_levels(sizes)};
    const at::Tensor grad = grads[0].to(in.value.scalar_type()).contiguous();
    const Gradients g = in.value.scalar_type() == at::kDouble ? backward_of<double>(in, grad)
                                                              : backward_of<float>(in, grad);
    return {g.value, g.locations, g.weights, at::Tensor()};
  }
};

bool has_kernel(const at::Tensor& value) {
#ifdef FCCLIP_CUDA
  if (value.is_cuda()) return true;
#endif
  return value.is_cpu();
}

}  // namespace

at::Tensor deform_attention(const at::Tensor& value, at::ArrayRef<Size> levels,
                            const at::Tensor& locations, const at::Tensor& weights) {
  const int64_t count = static_cast<int64_t>(levels.size());
  check_shape("deformable attention: value", value, {kAny, deform_positions(levels), kAny, kAny});
  check_shape("deformable attention: weights", weights,
              {value.size(0), kAny, value.size(2), count, kAny});
  check_shape("deformable attention: locations", locations,
              {value.size(0), weights.size(1), value.size(2), count, weights.size(4), 2});
  if (value.scalar_type() != at::kFloat)
    check_dtype("deformable attention: value", value, at::kDouble);
  check_dtype("deformable attention: locations", locations, value.scalar_type());
  check_dtype("deformable attention: weights", weights, value.scalar_type());
  if (!has_kernel(value)) return deform_attention_plain(value, levels, locations, weights);
  const at::Tensor v = value.contiguous(), l = locations.contiguous(), w = weights.contiguous();
  if (!at::GradMode::is_enabled()) return forward({v, l, w, deform_levels(levels)});
  return Node::apply(v, l, w, levels.vec());
}

}  // namespace fcclip::ops
