#pragma once
// Masks that somebody gives, as the network would have predicted them.

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"

namespace fcclip::segmenter {

/// Logits at stride 4 of the padded network input: ±10, so that their resized versions keep the
/// boundary at 0; antialiased where the picture shrinks.
///   masks    [S, H, W] bool or uint8 (0, 1), at the picture's size, any device
///   resized  the picture's size in the network input; padded: the input's, a multiple of 4
///   returns  [S, padded.height / 4, padded.width / 4] float32, there
at::Tensor masks_on_grid(const at::Tensor& masks, Size resized, Size padded);

}  // namespace fcclip::segmenter
