#pragma once
// Polygons -> COCO run lengths, equal to pycocotools.

#include <vector>

#include "fcclip/results/rle.h"

namespace fcclip::results {

/// xy: x0, y0, x1, y1 … in pixels, at least three points. The outline is drawn five times finer and
/// sampled at pixel centres, as COCO's rleFrPoly defines it; time and memory do not grow with its
/// way outside the picture. Throws Error{bad_format} for fewer points, an odd count, or a
/// coordinate that is not finite.
Rle from_polygon(const std::vector<double>& xy, Size size);

/// An axis-aligned box x, y, width, height as a mask.
Rle from_box(const std::array<double, 4>& xywh, Size size);

/// The union of an annotation's polygons; no pixel for none.
Rle from_polygons(const std::vector<std::vector<double>>& polygons, Size size);

}  // namespace fcclip::results
