#pragma once
// What the samples of a TIFF mean. Internal to the folder.

#include <string_view>

#include <ATen/core/Tensor.h>

#include "fcclip/image/tiff_file.h"
#include "fcclip/image/tiff_layout.h"
#include "fcclip/image/wide_samples.h"

namespace fcclip::image {

/// Palette, inks, premultiplied and grey samples as colours.
///   samples  [H, W, layout.used()] uint8
///   returns  [H, W, 3] uint8
/// Throws Error{bad_format} for a palette that is not there.
at::Tensor tiff_rgb(const TiffFile& file, const TiffLayout& layout, const at::Tensor& samples,
                    std::string_view name);

/// Samples of more than 8 bits with what the tags say about them.
///   values  [H, W, C] uint16 or float32
WideSamples wide_tiff_samples(const TiffLayout& layout, at::Tensor values);

/// EXIF's 1 … 8: the tag, else an XMP packet's, as Pillow does.
int tiff_orientation(const TiffFile& file);

}  // namespace fcclip::image
