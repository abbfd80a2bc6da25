#pragma once
// Two bilinear resizes (masks → padded input, cropped input → original) composed into one weighted
// sum of at most four rows and four columns. Both are linear and separable, so the composition is
// exact up to rounding.

#include <vector>

#include "fcclip/ops/mask_taps.h"

namespace fcclip::ops {

/// Taps of each of `original` positions into `cells` cells, by way of `padded` cropped to
/// `resized`.
std::vector<MaskTaps> composed_taps(int64_t cells, int64_t padded, int64_t resized,
                                    int64_t original);

}  // namespace fcclip::ops
