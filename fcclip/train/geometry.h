#pragma once
// Changes of shape that picture, ids and covered masks of a sample share.

#include <cstdint>

#include "fcclip/core/size.h"
#include "fcclip/data/dataset.h"

namespace fcclip::train {

/// A piece of a picture, in pixels.
struct CropBox {
  int64_t top = 0, left = 0;
  Size size;
};

/// How a map's value at a pixel is found in the map before.
enum class Nearest {
  from_centres,  ///< Pillow's NEAREST
  from_corners   ///< PyTorch's "nearest"
};

/// Left and right exchanged.
data::Sample flipped(const data::Sample& sample);
/// Pictures bilinearly with antialiasing (Pillow's), maps to the nearest. Throws
/// Error{invalid_argument} for a size of nothing.
data::Sample resized(const data::Sample& sample, Size size, Nearest maps = Nearest::from_centres);
/// The box must lie in the picture.
data::Sample cropped(const data::Sample& sample, const CropBox& box);
/// side × side: padded right and bottom, rgb with 128, ids with 0; what is larger is cut there.
data::Sample padded(const data::Sample& sample, int64_t side);

}  // namespace fcclip::train
