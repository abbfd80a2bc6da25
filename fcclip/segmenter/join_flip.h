#pragma once
// A picture's run of the network and its mirror image's, joined. Internal to the folder.

#include "fcclip/segmenter/segmenter.h"

namespace fcclip::segmenter {

/// Masks of the mirror image on the picture's grid: [Q, h, w] logits, of a picture that is
/// `resized_width` pixels wide in the network, 4 pixels a column.
at::Tensor turned_back(const at::Tensor& mask_logits, int64_t resized_width);

/// As encode_with_flip: both of one picture, the second as its mirror image left it.
EncodedImage join_flip(const EncodedImage& image, const EncodedImage& mirror);

}  // namespace fcclip::segmenter
