#pragma once
// The one way from wherever a tensor is to where this process reads its numbers.

#include <ATen/core/Tensor.h>

namespace fcclip::ops {

/// x on the host, contiguous, of its own dtype; no copy where it is that already.
at::Tensor on_host(const at::Tensor& x);

}  // namespace fcclip::ops
