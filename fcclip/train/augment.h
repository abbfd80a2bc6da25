#pragma once
// Large-scale jitter: flip, resize, crop or pad to a square (the reference's mapper).

#include <cstdint>

#include "fcclip/core/random.h"
#include "fcclip/data/dataset.h"

namespace fcclip::train {

/// How a picture is varied.
struct AugmentOptions {
  int64_t crop_size = 1024;                 ///< side of the square that the network sees
  double min_scale = 0.1, max_scale = 2.0;  ///< uniform; of the size that fits into the square
  bool flip = true;                         ///< left and right, half of the time
};

/// A new sample of crop_size × crop_size: rgb padded with 128, ids with 0 (void), right and bottom.
/// Segments stay listed when the crop has none of their pixels, as in the reference. Pictures are
/// resized bilinearly with antialiasing (Pillow's), ids to the nearest. Draws: flip, scale, one
/// crop position for both axes.
data::Sample augment(const data::Sample& sample, const AugmentOptions& options, Random& random);

}  // namespace fcclip::train
