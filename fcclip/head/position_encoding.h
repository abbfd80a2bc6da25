#pragma once
// Sine positions of a map (model sections 4 and 5; the reference's PositionEmbeddingSine,
// normalised).

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"

namespace fcclip::head {

/// Position of each place of a map of `size`: the first half of the channels encodes y, the second
/// x, each counted from 1, divided by (extent + 1e-6), times 2π; sines and cosines alternate,
/// temperature 10,000.
///   channels  a multiple of 4
///   returns   [H, W, channels] float32 on `device`; kept for the next picture of this size and
///             shared, so not to be written to
/// Throws Error{invalid_argument}.
at::Tensor sine_positions(Size size, int64_t channels, at::Device device);

/// Height and width of a map [B, H, W, C].
Size size_of(const at::Tensor& map);

}  // namespace fcclip::head
