#include "fcclip/image/image_file.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <ATen/ATen.h>

#include "fcclip/image/codec.h"
#include "fcclip/image/orientation.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/io/file_kind.h"

namespace fcclip::image {
namespace {

bool starts_with(std::string_view bytes, std::string_view head, size_t offset = 0) {
  return bytes.size() >= offset && bytes.substr(offset, head.size()) == head;
}

using Decoder = Decoded (*)(std::string_view, std::string_view);

Decoder decoder_for(std::string_view bytes) {
  if (starts_with(bytes, "\xff\xd8")) return decode_jpeg;
  if (starts_with(bytes, "\x89PNG\r\n\x1a\n")) return decode_png;
  if (starts_with(bytes, "RIFF") && starts_with(bytes, "WEBP", 8)) return decode_webp;
  for (const std::string_view tiff : {std::string_view("II*\0", 4), std::string_view("MM\0*", 4),
                                      std::string_view("II+\0", 4), std::string_view("MM\0+", 4)}) {
    if (starts_with(bytes, tiff)) return decode_tiff;
  }
  return nullptr;
}

}  // namespace

std::string describe_bytes(std::string_view bytes) {
  return bytes.empty() || decoder_for(bytes) == nullptr ? io::describe_bytes(bytes) : "a picture";
}

void check_extent(std::string_view name, int64_t width, int64_t height) {
  if (width < 1 || height < 1) {
    refuse(name, "damaged picture: its header says ", width, " x ", height, " pixels");
  }
  if (width > kMaxPixels / height) {
    refuse(name, "its header claims ", width, " x ", height, " pixels, more than the ", kMaxPixels,
           " that are read");
  }
}

at::Tensor decode_rgb(std::string_view bytes, std::string_view name_for_errors) {
  const Decoder decode = decoder_for(bytes);
  if (decode == nullptr) {
    refuse(name_for_errors, describe_bytes(bytes), ", expected a JPEG, PNG, WebP or TIFF picture");
  }
  const Decoded decoded = decode(bytes, name_for_errors);
  return apply_orientation(decoded.rgb, decoded.orientation);
}

at::Tensor read_rgb(const std::filesystem::path& path) {
  return decode_rgb(io::read_file(path), path.string());
}

bool has_image_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::array<std::string_view, 9> kExtensions = {
      ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".tif", ".tiff"};
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

}  // namespace fcclip::image
