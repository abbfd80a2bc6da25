#pragma once
// Multi-scale deformable attention (model section 4; "Deformable DETR", equation 3).

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"

namespace fcclip::ops {

/// Arguments of deform_attention, contiguous.
struct DeformInputs {
  at::Tensor value, locations, weights;
  at::ArrayRef<Size> levels;
};

/// Of value, locations and weights, shaped as they are.
struct DeformGradients {
  at::Tensor value, locations, weights;
};

/// Weighted sum of bilinear samples of every level's map; outside of a map is zero.
///   value      [B, S, M, D]        the levels' maps one after another, S = sum of their positions;
///                                  M heads
///   levels     L sizes             at most 8
///   locations  [B, Q, M, L, P, 2]  x, y; 0 and 1 are a map's borders; P points
///   weights    [B, Q, M, L, P]
///   returns    [B, Q, M·D]
/// float32 or float64, all of one type and device; or value of half or bfloat16 and the others, which
/// need the places within a pixel, of float32: sums are float32's, the result has value's type.
/// Gradient: to value, locations and weights. Throws Error{shape_mismatch}. Where the device has
/// kernels, one node of the autograd graph; elsewhere deform_attention_plain.
at::Tensor deform_attention(const at::Tensor& value, at::ArrayRef<Size> levels,
                            const at::Tensor& locations, const at::Tensor& weights);

/// The same by differentiable ATen operations on any device; value [B, S, M, D] as above.
at::Tensor deform_attention_plain(const at::Tensor& value, at::ArrayRef<Size> levels,
                                  const at::Tensor& locations, const at::Tensor& weights);

/// Centre of every position in units of the maps, [S, 2], x and y: where a token's offsets start.
/// Padding is never masked, so they are the same in every level.
at::Tensor deform_reference_points(at::ArrayRef<Size> levels, at::Device device);

/// Places that a layer looks at: centres + offsets in positions of each level.
///   offsets  [.., S, M, L, P, 2];  returns the same shape, 0 and 1 are a map's borders
/// Differentiable.
at::Tensor deform_locations(const at::Tensor& offsets, at::ArrayRef<Size> levels);

}  // namespace fcclip::ops
