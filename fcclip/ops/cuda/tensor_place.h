#pragma once
// Where a tensor's kernels run. Asked for through LibTorch's device-generic guards, so that nothing
// here needs CUDA's headers.

#include <ATen/core/Tensor.h>

#include "fcclip/ops/cuda/launch.h"

namespace fcclip::ops::cuda {

/// The tensor's GPU and the calling thread's current stream of it.
LaunchPlace place_of(const at::Tensor& x);

}  // namespace fcclip::ops::cuda
