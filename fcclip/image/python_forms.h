#pragma once
// What Pillow and OpenCV do by default, for preparations whose published form came out of them.

#include <filesystem>
#include <string>

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"

namespace fcclip::image {

/// A JPEG's pixels as stored: the orientation is not applied. [H, W, 3] uint8. Throws
/// Error{not_found, io_failure, bad_format}.
at::Tensor read_unturned_jpeg(const std::filesystem::path& path);

/// A JPEG with Pillow's defaults: quality 75, colour at half the resolution. rgb [H, W, 3] uint8.
/// Throws as encode_jpeg.
std::string encode_pillow_jpeg(const at::Tensor& rgb);

/// OpenCV's INTER_LINEAR of a picture: no antialiasing. pixels [H, W, 3] uint8 -> [h, w, 3]. Throws
/// Error{shape_mismatch, invalid_argument}.
at::Tensor opencv_linear(const at::Tensor& pixels, Size size);

/// OpenCV's 8-bit hue (0 to 179), saturation and value. rgb [H, W, 3] uint8 -> [H, W, 3] uint8.
/// Throws Error{shape_mismatch}.
at::Tensor opencv_hsv(const at::Tensor& rgb);
/// The way back. Throws Error{shape_mismatch}.
at::Tensor opencv_rgb(const at::Tensor& hsv);

/// OpenCV's INTER_NEAREST of a map. map [H, W] int32 -> [h, w] int32. Throws Error{shape_mismatch,
/// invalid_argument}.
at::Tensor opencv_nearest(const at::Tensor& map, Size size);

}  // namespace fcclip::image
