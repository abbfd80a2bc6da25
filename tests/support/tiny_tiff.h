#pragma once
// Little-endian TIFFs made by hand, to put any tag into them.

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace fcclip::test {

/// A tag with its values as bytes.
struct TiffTag {
  uint16_t tag, type;
  uint32_t count;
  std::string bytes;
};

template <typename T>
TiffTag tiff_tag(uint16_t tag, uint16_t type, const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return {tag, type, static_cast<uint32_t>(values.size()), bytes};
}
inline TiffTag tiff_shorts(uint16_t tag, const std::vector<uint16_t>& values) {
  return tiff_tag(tag, 3, values);
}
inline TiffTag tiff_doubles(uint16_t tag, const std::vector<double>& values) {
  return tiff_tag(tag, 12, values);
}

inline TiffTag tiff_text(uint16_t tag, const std::string& text) {
  return {tag, 2, static_cast<uint32_t>(text.size() + 1), text + '\0'};
}

/// A file of pixels, which begin at byte 8, and tags in rising order.
inline std::string joined_tiff(std::string pixels, const std::vector<TiffTag>& tags) {
  const auto number = [](auto value) {
    return std::string(reinterpret_cast<const char*>(&value), sizeof value);
  };
  if (pixels.size() % 2 != 0) pixels += '\0';
  const auto directory = static_cast<uint32_t>(8 + pixels.size());
  auto far = static_cast<uint32_t>(directory + 2 + 12 * tags.size() + 4);
  std::string entries = number(static_cast<uint16_t>(tags.size())), values;
  for (const TiffTag& tag : tags) {
    entries += number(tag.tag) + number(tag.type) + number(tag.count);
    if (tag.bytes.size() <= 4) {
      entries += tag.bytes + std::string(4 - tag.bytes.size(), '\0');
    } else {
      entries += number(static_cast<uint32_t>(far + values.size()));
      values += tag.bytes + std::string(tag.bytes.size() % 2, '\0');
    }
  }
  return std::string("II*\0", 4) + number(directory) + pixels + entries + number(uint32_t{0}) +
         values;
}

/// An 8-bit RGB picture of one strip with soft colours; `more` in rising order of tags, all above
/// 284.
inline std::string tiny_tiff(uint16_t width, uint16_t height, const std::vector<TiffTag>& more) {
  std::string pixels;
  for (int i = 0; i < width * height * 3; ++i) pixels += static_cast<char>(i * 7 % 251);
  std::vector<TiffTag> tags = {tiff_shorts(256, {width}),
                               tiff_shorts(257, {height}),
                               tiff_shorts(258, {8, 8, 8}),
                               tiff_shorts(259, {1}),
                               tiff_shorts(262, {2}),
                               tiff_tag<uint32_t>(273, 4, {8}),
                               tiff_shorts(277, {3}),
                               tiff_shorts(278, {height}),
                               tiff_tag<uint32_t>(279, 4, {static_cast<uint32_t>(pixels.size())}),
                               tiff_shorts(284, {1})};
  tags.insert(tags.end(), more.begin(), more.end());
  return joined_tiff(std::move(pixels), tags);
}

}  // namespace fcclip::test
