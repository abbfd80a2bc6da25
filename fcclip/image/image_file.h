#pragma once
// Picture files in and out. The only folder that needs codec libraries.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <ATen/core/Tensor.h>

#include "fcclip/image/read_options.h"

namespace fcclip::image {

/// JPEG (CMYK and grey too), PNG (1 to 16 bits, palette, grey, alpha dropped as Pillow's
/// convert("RGB") does), WebP, TIFF (whole numbers and floating point, any number of bands), BMP,
/// GIF, AVIF and HEIC -> [H, W, 3] uint8 RGB, turned as EXIF or XMP says. The kind is told from the
/// bytes, not from the name. Of 16 bits that use their range the upper 8 are taken (Pillow does so
/// for colour, but clips grey at 255, which makes a white picture); other wide samples are
/// stretched as `options.range` says. The first frame of an animation, the first page of a TIFF.
/// Truncated pictures are refused. Throws Error{not_found, io_failure, bad_format (says what the
/// bytes look like), too_large}.
at::Tensor read_rgb(const std::filesystem::path& path, const ReadOptions& options = {});
at::Tensor decode_rgb(std::string_view bytes, std::string_view name_for_errors,
                      const ReadOptions& options = {});

/// The stored values of a PNG: one channel of 1 to 16 bits, or palette indices -> [H, W] int32;
/// 8-bit RGB -> [H, W, 3] uint8. Alpha is dropped, orientation ignored. For id maps and labels.
/// Throws Error{not_found, io_failure, bad_format}.
at::Tensor read_png_exact(const std::filesystem::path& path);

/// A cut-out: a PNG with pixels that are not opaque -> [H, W, 4] uint8, turned as it says; nothing
/// for every other file. Throws Error{not_found, io_failure, bad_format, too_large}.
std::optional<at::Tensor> read_cut_out(const std::filesystem::path& path);

/// Written atomically. rgb [H, W, 3] or rgb and alpha [H, W, 4] uint8, or grey [H, W] uint8 or
/// int32 below 65,536 (16 bits).
void write_png(const std::filesystem::path& path, const at::Tensor& pixels);
/// pixels as above: [H, W, 3], [H, W, 4] or [H, W]. Throws Error{shape_mismatch; invalid_argument
/// when a value does not fit; io_failure}.
std::string encode_png(const at::Tensor& pixels);

/// rgb [H, W, 3] uint8, written atomically; full colour resolution (4:4:4) so that drawn text stays
/// sharp. quality 1 … 100. Throws Error{shape_mismatch, invalid_argument, io_failure}.
void write_jpeg(const std::filesystem::path& path, const at::Tensor& rgb, int quality = 92);
std::string encode_jpeg(const at::Tensor& rgb, int quality = 92);

/// What a file's first bytes look like, in a few words, and what to do about it: "an empty file (0
/// bytes)", "a PDF document; export the page as PNG (pdftoppm -png)", …
std::string describe_bytes(std::string_view bytes);

/// Whether a name ends like a picture this library reads (for folders and globs).
bool has_image_extension(const std::filesystem::path& path);

}  // namespace fcclip::image
