// From tensors to launches: the .cu files know pointers and streams only.

#include <ATen/ATen.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "fcclip/core/error.h"
#include "fcclip/ops/cuda/deform_attention.h"
#include "fcclip/ops/cuda/ops.h"
#include "fcclip/ops/deform_levels.h"

namespace fcclip::ops::cuda {
namespace {

template <typename T>
using Launch = const char* (*)(const DeformSamples<T>& job, void* stream);

template <typename T>
void launch(Launch<T> kernel, const DeformSamples<T>& job) {
  const char* error = kernel(job, c10::cuda::getCurrentCUDAStream().stream());
  if (error != nullptr) fail(ErrorCode::internal, "deformable attention on CUDA: ", error);
}

template <typename T>
void forward_of(const DeformInputs& in, const at::Tensor& out) {
  for (int64_t image = 0; image < in.value.size(0); ++image) {
    DeformSamples<T> job = deform_samples_of<T>(in, image);
    job.out = out[image].template data_ptr<T>();
    launch<T>(deform_samples<T>, job);
  }
}

template <typename T>
void backward_of(const DeformInputs& in, const at::Tensor& grad_out, const DeformGradients& grads) {
  for (int64_t image = 0; image < in.value.size(0); ++image) {
    launch<T>(deform_samples_backward<T>, deform_samples_of<T>(in, image, grad_out, grads));
  }
}

at::Tensor deform_attention(const DeformInputs& in) {
  const c10::cuda::CUDAGuard guard(in.value.device());
  const at::Tensor out =
      at::empty({in.value.size(0), in.locations.size(1), in.value.size(2) * in.value.size(3)},
                in.value.options());
  const bool wide = in.value.scalar_type() == at::kDouble;
  (wide ? forward_of<double> : forward_of<float>)(in, out);
  return out;
}

DeformGradients deform_attention_backward(const DeformInputs& in, const at::Tensor& grad_out) {
  const c10::cuda::CUDAGuard guard(in.value.device());
  const DeformGradients grads = {at::zeros_like(in.value), at::empty_like(in.locations),
                                 at::empty_like(in.weights)};
  const bool wide = in.value.scalar_type() == at::kDouble;
  (wide ? backward_of<double> : backward_of<float>)(in, grad_out, grads);
  return grads;
}

// On channels last cuDNN's float32 gradients take over ten times as long as ATen's on planes.
at::Tensor depthwise7(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  at::Tensor planes = x.permute({0, 3, 1, 2});
  if (x.scalar_type() == at::kFloat) planes = planes.contiguous();
  return at::conv2d(planes, weight, bias, 1, weight.size(2) / 2, 1, x.size(3))
      .permute({0, 2, 3, 1})
      .contiguous();
}

}  // namespace

Implementation implementation() {
  Implementation ops;
  ops.name = "cuda";
  ops.device = c10::DeviceType::CUDA;
  ops.few_large_steps = true;
  ops.deform_attention = deform_attention;
  ops.deform_attention_backward = deform_attention_backward;
  ops.depthwise7 = depthwise7;
  return ops;
}

}  // namespace fcclip::ops::cuda
