#pragma once
// Rows of unit length, as cosine similarity needs them.

#include <ATen/core/Tensor.h>

namespace fcclip::nn {

/// x [..., C] scaled to unit length along the last axis; zeros stay. Keeps gradients.
at::Tensor unit(const at::Tensor& x);

}  // namespace fcclip::nn
