#include "fcclip/image/orientation.h"

#include <algorithm>
#include <cstdint>

#include <ATen/ATen.h>

namespace fcclip::image {
namespace {

constexpr std::string_view kExifPrefix("Exif\0\0", 6);
constexpr uint32_t kOrientationTag = 0x0112;

/// Reads numbers of either byte order; outside the block everything is 0.
class ExifBlock {
 public:
  explicit ExifBlock(std::string_view bytes)
      : bytes_(bytes),
        little_(bytes.substr(0, 2) == "II"),
        valid_(little_ || bytes.substr(0, 2) == "MM") {}

  bool valid() const { return valid_ && number(2, 2) == 42; }

  uint32_t number(size_t offset, size_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) return 0;
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      const size_t place = little_ ? size - 1 - i : i;
      value = value << 8 | static_cast<uint8_t>(bytes_[offset + place]);
    }
    return value;
  }

 private:
  std::string_view bytes_;
  bool little_, valid_;
};

int in_range(uint32_t value) {
  return value >= 1 && value <= 8 ? static_cast<int>(value) : 0;
}

}  // namespace

int exif_orientation(std::string_view exif) {
  while (exif.substr(0, 6) == kExifPrefix) exif.remove_prefix(6);
  const ExifBlock block(exif);
  if (!block.valid()) return 0;
  const size_t directory = block.number(4, 4);
  const size_t entries = block.number(directory, 2);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + i * 12;
    if (entry + 12 > exif.size()) return 0;
    if (block.number(entry, 2) != kOrientationTag) continue;
    switch (block.number(entry + 2, 2)) {  // the value's type: BYTE, SHORT or LONG
      case 1:
        return in_range(block.number(entry + 8, 1));
      case 3:
        return in_range(block.number(entry + 8, 2));
      case 4:
        return in_range(block.number(entry + 8, 4));
      default:
        return 0;
    }
  }
  return 0;
}

int xmp_orientation(std::string_view xmp) {
  constexpr std::string_view kKey = "tiff:Orientation";
  for (size_t found = xmp.find(kKey); found != std::string_view::npos;
       found = xmp.find(kKey, found + 1)) {
    std::string_view rest = xmp.substr(found + kKey.size());
    if (rest.substr(0, 2) == "=\"") {
      rest.remove_prefix(2);
    } else if (rest.substr(0, 1) == ">") {
      rest.remove_prefix(1);
    } else {
      continue;
    }
    if (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') return in_range(rest[0] - '0');
  }
  return 0;
}

std::string raw_profile(std::string_view text) {
  text.remove_prefix(std::min(text.size(), text.find_first_not_of("\r\n ")));
  for (int line = 0; line < 2; ++line) {  // the profile's name and its length
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return "";
    text.remove_prefix(end + 1);
  }
  std::string bytes;
  int digits = 0, value = 0;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) continue;  // line ends
    value = value * 16 + digit;
    if (++digits % 2 == 0) {
      bytes += static_cast<char>(value);
      value = 0;
    }
  }
  return bytes;
}

at::Tensor apply_orientation(const at::Tensor& pixels, int orientation) {
  switch (orientation) {
    case 2:
      return pixels.flip({1});
    case 3:
      return pixels.flip({0, 1});
    case 4:
      return pixels.flip({0});
    case 5:
      return pixels.transpose(0, 1).contiguous();
    case 6:
      return pixels.transpose(0, 1).flip({1}).contiguous();
    case 7:
      return pixels.transpose(0, 1).flip({0, 1}).contiguous();
    case 8:
      return pixels.transpose(0, 1).flip({0}).contiguous();
    default:
      return pixels.contiguous();
  }
}

}  // namespace fcclip::image
