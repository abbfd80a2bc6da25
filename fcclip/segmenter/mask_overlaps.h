#pragma once
// How far masks are the same.

#include <ATen/core/Tensor.h>

namespace fcclip::segmenter {

/// IoU of every mask of one with every mask of the other; 0 where both are empty.
///   a, b     [A, h, w] and [B, h, w] bool
///   returns  [A, B] float32
at::Tensor mask_overlaps(const at::Tensor& a, const at::Tensor& b);

}  // namespace fcclip::segmenter
