#pragma once
// Picture files in and out. The only folder that needs codec libraries.

#include <filesystem>
#include <string>
#include <string_view>

#include <ATen/core/Tensor.h>

namespace fcclip::image {

/// Largest picture read, in pixels; a header that claims more is refused before memory is asked for.
inline constexpr int64_t kMaxPixels = int64_t{1} << 29;

/// JPEG (EXIF orientation applied; CMYK and grey too), PNG (1 to 16 bits, palette, grey, alpha dropped as
/// Pillow's convert("RGB") does), WebP, TIFF -> [H, W, 3] uint8 RGB. The kind is told from the bytes, not from
/// the name. Throws Error{not_found, io_failure, bad_format (says what the bytes look like)}.
at::Tensor read_rgb(const std::filesystem::path& path);
at::Tensor decode_rgb(std::string_view bytes, std::string_view name_for_errors);

/// A single-channel PNG of 8 or 16 bits, or an RGB one, exact values: [H, W] int32 or [H, W, 3] uint8.
at::Tensor read_png_exact(const std::filesystem::path& path);

/// Written atomically. rgb [H, W, 3] uint8, or grey [H, W] uint8 or int32 below 65,536 (16 bits).
void write_png(const std::filesystem::path& path, const at::Tensor& pixels);
std::string encode_png(const at::Tensor& pixels);

/// Whether a name ends like a picture this library reads (for folders and globs).
bool has_image_extension(const std::filesystem::path& path);

}  // namespace fcclip::image
