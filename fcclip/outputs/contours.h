#pragma once
// Outlines of masks, by OpenCV's border following.

#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/outputs/polygon.h"

namespace fcclip::outputs {

/// The pieces of a mask as polygons with holes, along pixel edges.
///   mask         [h, w] bool or uint8 (not 0 is inside)
///   tolerance_px how far the outline may leave the pixel edges (Douglas-Peucker); 0 keeps every
///                corner. A piece whose rings would cross is simplified less, down to not at all.
///   returns      pieces with rings of at least three points; pixels that touch only at a corner
///                are separate pieces. With tolerance 0 the areas add up to the mask's pixels.
/// Throws Error{shape_mismatch}; Error{invalid_argument} for a negative tolerance.
std::vector<outputs::Polygon> mask_polygons(const at::Tensor& mask, double tolerance_px = 0);

/// The same from all rings of one piece, along pixel edges and clockwise on the screen where they go
/// round it, the other way where they go round a hole. Rings that come back to one of their corners
/// become several.
std::vector<outputs::Polygon> polygons_of_rings(const std::vector<outputs::Ring>& rings,
                                                double tolerance_px = 0);

}  // namespace fcclip::outputs
