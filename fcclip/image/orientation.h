#pragma once
// Which way up a picture was taken. Internal to the folder.

#include <string>
#include <string_view>

#include <ATen/core/Tensor.h>

namespace fcclip::image {

/// The orientation tag of a TIFF-structured EXIF block (with or without "Exif\0\0" before it): 1 …
/// 8, or 0 when the block has none or is damaged (never an error: a picture with bad EXIF is still
/// a picture).
int exif_orientation(std::string_view exif);

/// The tiff:Orientation of an XMP packet, or 0.
int xmp_orientation(std::string_view xmp);

/// The bytes of a profile written as text, "\nexif\n  120\n4d4d002a…": what ImageMagick and many
/// converters put into PNGs under "Raw profile type exif". Empty when it is nothing of the kind.
std::string raw_profile(std::string_view text);

/// Turns and mirrors [H, W, C] so that orientation 1 … 8 becomes 1. Contiguous.
at::Tensor apply_orientation(const at::Tensor& pixels, int orientation);

}  // namespace fcclip::image
