#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/ops.h"
#include "fcclip/ops/deform_levels.h"

namespace fcclip::ops::cpu {
namespace {

void run_samples(const DeformSamples<float>& job, int64_t begin, int64_t end) {
  kernels().deform_samples(job, begin, end);
}
void run_samples(const DeformSamples<double>& job, int64_t begin, int64_t end) {
  kernels().deform_samples_double(job, begin, end);
}
void run_samples_backward(const DeformSamples<float>& job, int64_t head) {
  kernels().deform_samples_backward(job, head);
}
void run_samples_backward(const DeformSamples<double>& job, int64_t head) {
  kernels().deform_samples_backward_double(job, head);
}

template <typename T>
void sample_forward(const DeformInputs& in, const at::Tensor& out) {
  for (int64_t image = 0; image < in.value.size(0); ++image) {
    DeformSamples<T> job = deform_samples_of<T>(in, image);
    job.out = out[image].template data_ptr<T>();
    at::parallel_for(0, job.queries, 64,
                     [&](int64_t begin, int64_t end) { run_samples(job, begin, end); });
  }
}

template <typename T>
void sample_backward(const DeformInputs& in, const at::Tensor& grad_out,
                     const DeformGradients& grads) {
  for (int64_t image = 0; image < in.value.size(0); ++image) {
    const DeformSamples<T> job = deform_samples_of<T>(in, image, grad_out, grads);
    at::parallel_for(0, job.heads, 1, [&](int64_t begin, int64_t end) {
      for (int64_t head = begin; head < end; ++head) run_samples_backward(job, head);
    });
  }
}

}  // namespace

at::Tensor deform_attention(const DeformInputs& in) {
  const at::Tensor out =
      at::empty({in.value.size(0), in.locations.size(1), in.value.size(2) * in.value.size(3)},
                in.value.options());
  const bool wide = in.value.scalar_type() == at::kDouble;
  (wide ? sample_forward<double> : sample_forward<float>)(in, out);
  return out;
}

DeformGradients deform_attention_backward(const DeformInputs& in, const at::Tensor& grad_out) {
  const DeformGradients grads = {at::zeros_like(in.value), at::empty_like(in.locations),
                                 at::empty_like(in.weights)};
  const bool wide = in.value.scalar_type() == at::kDouble;
  (wide ? sample_backward<double> : sample_backward<float>)(in, grad_out, grads);
  return grads;
}

}  // namespace fcclip::ops::cpu
