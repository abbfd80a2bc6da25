#pragma once
// Maps of segment ids as the colours of a panoptic PNG.

#include <ATen/core/Tensor.h>

namespace fcclip::image {

/// Panoptic PNG: id = R + 256·G + 65536·B.
///   ids      [h, w] int32, 0 … 2^24 − 1
///   returns  [h, w, 3] uint8
/// Throws Error{shape_mismatch}; Error{invalid_argument} for an id outside.
at::Tensor rgb_of_ids(const at::Tensor& ids);
/// The way back: [h, w, 3] uint8 → [h, w] int32. Throws Error{shape_mismatch}.
at::Tensor ids_of_rgb(const at::Tensor& rgb);

}  // namespace fcclip::image
