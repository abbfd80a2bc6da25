#include "fcclip/image/image_file.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <ATen/ATen.h>

#include "fcclip/image/codec.h"
#include "fcclip/image/file_kind.h"
#include "fcclip/image/orientation.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/io/file_kind.h"

namespace fcclip::image {

void check_extent(std::string_view name, int64_t width, int64_t height, int64_t max_pixels) {
  if (width < 1 || height < 1) {
    refuse(name, "damaged picture: its header says ", width, " x ", height, " pixels");
  }
  if (width > max_pixels / height) {
    fail(ErrorCode::too_large, name, ": its header claims ", width, " x ", height,
         " pixels, more than the ", max_pixels, " that are read");
  }
}

at::Tensor decode_rgb(std::string_view bytes, std::string_view name_for_errors,
                      const ReadOptions& options) {
  if (bytes.empty()) refuse(name_for_errors, io::describe_bytes(bytes));
  const auto decode = [&]() -> Decoded {
    switch (picture_kind(bytes)) {
      case PictureKind::jpeg:
        return decode_jpeg(bytes, name_for_errors, options);
      case PictureKind::png:
        return decode_png(bytes, name_for_errors, options);
      case PictureKind::webp:
        return decode_webp(bytes, name_for_errors, options);
      case PictureKind::tiff:
        return decode_tiff(bytes, name_for_errors, options);
      case PictureKind::bmp:
        return decode_bmp(bytes, name_for_errors, options);
      case PictureKind::gif:
        return decode_gif(bytes, name_for_errors, options);
      case PictureKind::heif:
        return decode_heif(bytes, name_for_errors, options);
      case PictureKind::none:
        break;
    }
    refuse(name_for_errors, "no picture that can be read but ", describe_bytes(bytes));
  };
  const Decoded decoded = decode();
  return apply_orientation(decoded.rgb, decoded.orientation);
}

at::Tensor read_rgb(const std::filesystem::path& path, const ReadOptions& options) {
  return decode_rgb(io::read_file(path), path.string(), options);
}

bool has_image_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::array<std::string_view, 16> kExtensions = {
      ".jpg",  ".jpeg", ".jpe", ".jfif", ".png",  ".apng", ".webp", ".tif",
      ".tiff", ".bmp",  ".dib", ".gif",  ".avif", ".heic", ".heif", ".hif"};
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

}  // namespace fcclip::image
