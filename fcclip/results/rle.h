#pragma once
// COCO run-length masks: column-major runs, zeros first, and their compressed string, equal to
// pycocotools.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"

namespace fcclip::results {

/// Runs of 0, 1, 0, 1 … down the columns, left to right; they sum to height · width.
struct Rle {
  Size size;
  std::vector<uint32_t> counts;
  bool operator==(const Rle&) const = default;
};

/// The printable form in COCO JSON files: each run (from the fourth on, its difference to the run
/// two before) in groups of five bits, six bits a character from '0'.
std::string to_string(const Rle& rle);
/// Throws Error{bad_format}: characters outside '0' … 'o', a cut number, negative runs, or runs
/// that do not cover the mask.
Rle from_string(std::string_view text, Size size);

/// Runs as they stand in a file. Throws Error{bad_format} when they do not cover the mask.
Rle from_counts(std::vector<uint32_t> counts, Size size);

/// mask [h, w] bool or uint8 (not 0 is inside). Throws Error{shape_mismatch}.
Rle from_mask(const at::Tensor& mask);
/// [h, w] uint8, 0 or 1. Throws Error{bad_format} when the runs do not cover the mask.
at::Tensor to_mask(const Rle& rle);

/// Pixels inside.
int64_t area(const Rle& rle);
/// x, y, width, height in pixels; zeros for an empty mask. As COCO: a run that goes past the bottom
/// of a column counts as full height.
std::array<int64_t, 4> box_xywh(const Rle& rle);

/// Intersection over union of two masks of one size (1 × 1 work, no masks are drawn). When b is a
/// crowd, the intersection is divided by a's area. 0 when nothing intersects. Throws
/// Error{shape_mismatch}.
double iou(const Rle& a, const Rle& b, bool b_is_crowd);
/// Intersection over union of boxes x, y, width, height; crowd as above.
double box_iou(const std::array<double, 4>& a, const std::array<double, 4>& b, bool b_is_crowd);

/// Union, or intersection, of masks of one size; an empty Rle for no masks. Throws
/// Error{shape_mismatch}.
Rle merge(const std::vector<Rle>& masks, bool intersect);

}  // namespace fcclip::results
