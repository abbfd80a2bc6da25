#pragma once
// From tensors to what the kernels of deformable attention are given.

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"
#include "fcclip/ops/deform_args.h"
#include "fcclip/ops/deform_attention.h"

namespace fcclip::ops {

/// Throws Error{shape_mismatch} when there are none or more than kMaxDeformLevels.
DeformLevels deform_levels(at::ArrayRef<Size> sizes);

/// Positions of all levels together.
int64_t deform_positions(at::ArrayRef<Size> sizes);

/// One image's job without its outputs; T is the dtype. The pointers are of `in`'s device.
template <typename T>
DeformSamples<T> deform_samples_of(const DeformInputs& in, int64_t image) {
  DeformSamples<T> job;
  job.value = in.value[image].const_data_ptr<T>();
  job.locations = in.locations[image].const_data_ptr<T>();
  job.weights = in.weights[image].const_data_ptr<T>();
  job.queries = in.locations.size(1);
  job.heads = in.value.size(2);
  job.head_dim = in.value.size(3);
  job.points = in.weights.size(4);
  job.levels = deform_levels(in.levels);
  return job;
}

/// The same with what the backward pass reads and writes.
template <typename T>
DeformSamples<T> deform_samples_of(const DeformInputs& in, int64_t image,
                                   const at::Tensor& grad_out, const DeformGradients& grads) {
  DeformSamples<T> job = deform_samples_of<T>(in, image);
  job.grad_out = grad_out[image].const_data_ptr<T>();
  job.grad_value = grads.value[image].data_ptr<T>();
  job.grad_locations = grads.locations[image].data_ptr<T>();
  job.grad_weights = grads.weights[image].data_ptr<T>();
  return job;
}

}  // namespace fcclip::ops
