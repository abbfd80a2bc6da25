#pragma once
// Several pictures on one page.

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::draw {

/// How pictures lie on a page.
struct TileOptions {
  int64_t gap_px = 4;
  uint8_t background = 32;  ///< grey between and around the pictures
};

/// Row by row from the upper left, each picture centred in a cell as large as the largest; sizes
/// may differ.
///   images   each [h, w, 3] uint8
///   returns  [H, W, 3] uint8
/// Throws Error{shape_mismatch}; Error{invalid_argument} when there are no pictures or columns < 1.
at::Tensor tile_images(const std::vector<at::Tensor>& images, int64_t columns,
                       const TileOptions& options = {});

/// A line of text above a picture, cut where the picture is narrower: [h + strip, w, 3] uint8.
/// Where no font loads the strip is empty. Throws Error{shape_mismatch}.
at::Tensor with_heading(const at::Tensor& rgb, const std::string& heading);

}  // namespace fcclip::draw
