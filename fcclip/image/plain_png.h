#pragma once
// The common kind of PNG, read without libpng: twice as fast, as libdeflate inflates a whole
// picture at once. Internal to the folder.

#include <optional>
#include <string_view>

#include <ATen/core/Tensor.h>

#include "fcclip/image/read_options.h"

namespace fcclip::image {

/// 8-bit grey, grey with alpha, RGB or RGBA, not interlaced, without orientation. Checksums of
/// chunks and of the pixels are verified.
///   returns  [H, W, C] uint8, C as stored (tRNS, gamma and profiles are ignored as everywhere
///            here); nothing for every other PNG, damaged and too large ones among them: libpng reads those or
///            says what is wrong.
std::optional<at::Tensor> read_plain_png(std::string_view bytes,
                                         int64_t max_pixels = largest_picture());

}  // namespace fcclip::image
