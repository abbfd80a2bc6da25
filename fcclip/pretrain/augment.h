#pragma once
// Small changes that leave a picture's words true.

#include <ATen/core/Tensor.h>

#include "fcclip/core/random.h"

namespace fcclip::pretrain {

/// Other light, contrast and colourfulness, now and then grey, blurred or noisy.
///   rgb       [H, W, 3] uint8
///   strength  0: nothing, 1: full
///   returns   [H, W, 3] uint8, a new picture
/// Throws Error{shape_mismatch}.
at::Tensor augment_colours(const at::Tensor& rgb, double strength, Random& random);

}  // namespace fcclip::pretrain
