#pragma once
// What every decoder of this folder gives back, and how it refuses. Internal to the folder.

#include <string>
#include <string_view>

#include <ATen/core/Tensor.h>

#include "fcclip/core/error.h"
#include "fcclip/image/read_options.h"

namespace fcclip::image {

/// A decoded picture before its orientation is applied.
struct Decoded {
  at::Tensor rgb;       ///< [H, W, 3] uint8
  int orientation = 1;  ///< EXIF's 1 … 8
};

/// Each takes a whole file whose first bytes are of its kind; decode_heif HEIC and AVIF. `name` is
/// for messages. Throws Error{bad_format}; Error{too_large} past ReadOptions::max_pixels.
Decoded decode_jpeg(std::string_view bytes, std::string_view name, const ReadOptions& options);
Decoded decode_webp(std::string_view bytes, std::string_view name, const ReadOptions& options);
Decoded decode_bmp(std::string_view bytes, std::string_view name, const ReadOptions& options);
Decoded decode_gif(std::string_view bytes, std::string_view name, const ReadOptions& options);
Decoded decode_heif(std::string_view bytes, std::string_view name, const ReadOptions& options);
Decoded decode_png(std::string_view bytes, std::string_view name, const ReadOptions& options);
Decoded decode_tiff(std::string_view bytes, std::string_view name, const ReadOptions& options);

/// What a raw camera file is, and what to do about it.
inline constexpr std::string_view kRawCameraFile =
    "a raw camera file, which holds no finished picture; develop it first (darktable-cli, "
    "rawtherapee-cli) or take the camera's JPEG";

/// Throws Error{bad_format} unless 1 <= width, height; Error{too_large} unless width · height <=
/// max_pixels.
void check_extent(std::string_view name, int64_t width, int64_t height,
                  int64_t max_pixels = largest_picture());

/// "<name>: <what>" as Error{bad_format}.
template <typename... Parts>
[[noreturn]] void refuse(std::string_view name, const Parts&... parts) {
  fail(ErrorCode::bad_format, name, ": ", parts...);
}

/// Pillow's CMYK to RGB, for one pixel: each ink covers (255 − ink), black scales what is left.
inline void cmyk_to_rgb(const uint8_t* cmyk, uint8_t* rgb) {
  const int left = 255 - cmyk[3];
  for (int c = 0; c < 3; ++c) {
    const int product = cmyk[c] * left + 128;
    const int value = left - (((product >> 8) + product) >> 8);
    rgb[c] = static_cast<uint8_t>(value < 0 ? 0 : value);
  }
}

}  // namespace fcclip::image
