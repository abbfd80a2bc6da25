#pragma once
// Whether a tensor is free of infinities and of what is no number.

#include <ATen/core/Tensor.h>

namespace fcclip::ops {

/// x: floating point, any shape and device; an empty one is finite.
bool all_finite(const at::Tensor& x);

}  // namespace fcclip::ops
