#pragma once
// How deep inside its segment every pixel lies. Internal to the folder.

#include <ATen/core/Tensor.h>

namespace fcclip::draw {

/// Euclidean distance in pixels from each pixel to the nearest one with another id: 1 at a border,
/// large where there is none. The picture's edge is no border.
///   ids      [h, w] int32
///   returns  [h, w] float32
at::Tensor border_distance(const at::Tensor& ids);

}  // namespace fcclip::draw
