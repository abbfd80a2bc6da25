#pragma once
// The reference's mask_former mappers: a shorter side from a list, a piece of the picture, other
// colours, a flip, padding; in this order.

#include "fcclip/core/random.h"
#include "fcclip/train/augment.h"
#include "fcclip/train/geometry.h"

namespace fcclip::train {

/// The shorter side that a picture gets, px.
int64_t draw_short_side(const ShortEdgeOptions& options, Random& random);

/// How large the piece of a picture is: detectron2's RandomCrop.get_crop_size.
Size draw_crop_size(const ShortEdgeOptions& options, Size picture, Random& random);

/// Where it lies. With crop_max_share below 1 the first of ten pieces of which no class has more
/// than that share of the labelled pixels, and which shows more than one class, or the last of
/// them: detectron2's RandomCrop_CategoryAreaConstraint.
CropBox draw_crop(const data::Sample& sample, const ShortEdgeOptions& options, Random& random);

/// All of it. Draws: side, piece, colours, flip. flip: of AugmentOptions.
data::Sample short_edge_view(const data::Sample& sample, const AugmentOptions& options,
                             Random& random);

}  // namespace fcclip::train
