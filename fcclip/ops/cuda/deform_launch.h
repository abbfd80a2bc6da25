#pragma once
// The kernels of deformable attention on tensors' memory.

#include "fcclip/ops/cuda/launch.h"
#include "fcclip/ops/deform_attention.h"

namespace fcclip::ops::cuda {

/// value and out of float32, float64, half or bfloat16, the rest of float32 (float64 with float64);
/// all contiguous, of one device.
///   out  [B, Q, M·D], written
/// Throws as launch(), Error{too_large} where an image has more elements than 32 bits count.
void launch_deform_forward(const DeformInputs& in, const at::Tensor& out, const LaunchPlace& place);

/// float32 or float64.
///   grad_out  [B, Q, M·D]
///   grads     the value's is added to, the others are written
void launch_deform_backward(const DeformInputs& in, const at::Tensor& grad_out,
                            const DeformGradients& grads, const LaunchPlace& place);

}  // namespace fcclip::ops::cuda
