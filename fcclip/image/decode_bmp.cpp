// Windows bitmaps of every depth, with and without run lengths. Own code: the format is a header
// and rows, and no library of its own exists for it.

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include <ATen/ATen.h>

#include "fcclip/image/codec.h"

namespace fcclip::image {
namespace {

constexpr size_t kFileHeader = 14;
enum BmpCompression : uint32_t {
  kBmpPlain = 0,
  kBmpRuns8 = 1,
  kBmpRuns4 = 2,
  kBmpMasks = 3,
  kBmpAlphaMasks = 6
};

uint32_t bmp_number(std::string_view bytes, size_t offset, size_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) return 0;
  uint32_t value = 0;
  for (size_t i = size; i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[offset + i]);
  return value;
}

struct BmpHeader {
  int64_t width = 0, height = 0;
  bool top_down = false;
  int bits = 0;
  uint32_t compression = kBmpPlain;
  size_t pixels = 0, palette = 0, palette_entry = 4, palette_size = 0;
  std::array<uint32_t, 3> masks = {};  ///< red, green, blue
};

void read_bmp_masks(std::string_view bytes, BmpHeader& header) {
  if (header.compression == kBmpMasks || header.compression == kBmpAlphaMasks) {
    for (size_t i = 0; i < 3; ++i) header.masks[i] = bmp_number(bytes, kFileHeader + 40 + 4 * i, 4);
  } else if (header.bits == 16) {
    header.masks = {0x7c00, 0x03e0, 0x001f};
  } else {
    header.masks = {0xff0000, 0x00ff00, 0x0000ff};
  }
}

BmpHeader read_bmp_header(std::string_view bytes, std::string_view name) {
  const size_t size = bmp_number(bytes, kFileHeader, 4);
  if (bytes.size() < kFileHeader + 12 || bytes.size() < kFileHeader + size)
    refuse(name, "truncated BMP: the header is cut off");
  BmpHeader header;
  header.pixels = bmp_number(bytes, 10, 4);
  header.palette = kFileHeader + size;
  uint32_t used = 0;
  if (size == 12) {  // OS/2
    header.width = bmp_number(bytes, 18, 2);
    header.height = bmp_number(bytes, 20, 2);
    header.bits = static_cast<int>(bmp_number(bytes, 24, 2));
    header.palette_entry = 3;
  } else if (size >= 40) {
    header.width = static_cast<int32_t>(bmp_number(bytes, 18, 4));
    header.height = static_cast<int32_t>(bmp_number(bytes, 22, 4));
    header.bits = static_cast<int>(bmp_number(bytes, 28, 2));
    header.compression = bmp_number(bytes, 30, 4);
    used = bmp_number(bytes, 46, 4);
  } else {
    refuse(name, "damaged BMP: a header of ", size, " bytes");
  }
  header.top_down = header.height < 0;
  header.height = std::abs(header.height);
  check_extent(name, header.width, header.height);
  if (size == 40 && header.compression == kBmpMasks) header.palette += 12;
  if (size == 40 && header.compression == kBmpAlphaMasks) header.palette += 16;
  if (header.bits <= 8) header.palette_size = used == 0 ? 1u << header.bits : std::min(used, 256u);
  read_bmp_masks(bytes, header);
  return header;
}

void check_bmp_kind(const BmpHeader& header, std::string_view name) {
  const int bits = header.bits;
  const bool depth =
      bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
  const bool packing = header.compression == kBmpPlain ||
                       (header.compression == kBmpRuns8 && bits == 8) ||
                       (header.compression == kBmpRuns4 && bits == 4) ||
                       ((header.compression == kBmpMasks || header.compression == kBmpAlphaMasks) &&
                        (bits == 16 || bits == 32));
  if (!depth || !packing) {
    refuse(name, "a BMP of a kind that is not read (", bits, " bits, compression ",
           header.compression, "); save it as PNG");
  }
}

using BmpPalette = std::array<std::array<uint8_t, 3>, 256>;

BmpPalette read_bmp_palette(std::string_view bytes, const BmpHeader& header) {
  BmpPalette palette = {};
  for (size_t i = 0; i < header.palette_size; ++i) {
    const size_t at = header.palette + i * header.palette_entry;
    for (size_t c = 0; c < 3; ++c)
      palette[i][c] = static_cast<uint8_t>(bmp_number(bytes, at + 2 - c, 1));
  }
  return palette;
}

/// Run lengths -> one index a byte, rows as stored (from below). What is skipped stays 0.
class BmpRuns {
 public:
  BmpRuns(std::string_view data, const BmpHeader& header, std::string_view name)
      : data_(data),
        header_(header),
        name_(name),
        indices_(static_cast<size_t>(header.width * header.height)) {}

  std::vector<uint8_t> decode() {
    while (y_ < header_.height) {
      const uint8_t count = next(), value = next();
      if (count > 0) {
        for (int i = 0; i < count; ++i) put(nibble_or_byte(value, i));
      } else if (value == 0) {
        x_ = 0;
        ++y_;
      } else if (value == 1) {
        break;
      } else if (value == 2) {
        x_ += next();
        y_ += next();
      } else {
        literal(value);
      }
    }
    return std::move(indices_);
  }

 private:
  bool four() const { return header_.bits == 4; }

  uint8_t nibble_or_byte(uint8_t value, int i) const {
    if (!four()) return value;
    return i % 2 == 0 ? value >> 4 : value & 15;
  }

  void literal(int count) {
    const int bytes = four() ? (count + 1) / 2 : count;
    uint8_t value = 0;
    for (int i = 0; i < count; ++i) {
      if (!four() || i % 2 == 0) value = next();
      put(nibble_or_byte(value, i));
    }
    if (bytes % 2 != 0) next();  // runs are padded to even lengths
  }

  void put(uint8_t index) {
    if (x_ < header_.width && y_ < header_.height)
      indices_[static_cast<size_t>(y_ * header_.width + x_)] = index;
    ++x_;
  }

  uint8_t next() {
    if (position_ >= data_.size())
      refuse(name_, "truncated BMP: data ends at row ", y_, " of ", header_.height);
    return static_cast<uint8_t>(data_[position_++]);
  }

  std::string_view data_;
  const BmpHeader& header_;
  std::string_view name_;
  std::vector<uint8_t> indices_;
  size_t position_ = 0;
  int64_t x_ = 0, y_ = 0;
};

uint8_t masked(uint32_t pixel, uint32_t mask) {
  if (mask == 0) return 0;
  const int shift = std::countr_zero(mask);
  const uint64_t most = mask >> shift;
  return static_cast<uint8_t>((uint64_t{(pixel & mask) >> shift} * 255 + most / 2) / most);
}

void bmp_row_to_rgb(std::string_view row, const BmpHeader& header, const BmpPalette& palette,
                    uint8_t* rgb) {
  const auto byte = [&](int64_t i) { return static_cast<uint8_t>(row[static_cast<size_t>(i)]); };
  const int bits = header.bits;
  for (int64_t x = 0; x < header.width; ++x, rgb += 3) {
    if (bits <= 8) {
      const int64_t first = x * bits;
      const int index = byte(first / 8) >> (8 - bits - first % 8) & ((1 << bits) - 1);
      std::copy_n(palette[static_cast<size_t>(index)].data(), 3, rgb);
    } else if (bits == 24) {
      for (int c = 0; c < 3; ++c) rgb[c] = byte(3 * x + 2 - c);
    } else {
      const uint32_t pixel =
          bmp_number(row, static_cast<size_t>(x * bits / 8), static_cast<size_t>(bits) / 8);
      for (size_t c = 0; c < 3; ++c) rgb[c] = masked(pixel, header.masks[c]);
    }
  }
}

}  // namespace

Decoded decode_bmp(std::string_view bytes, std::string_view name, const ReadOptions& options) {
  BmpHeader header = read_bmp_header(bytes, name);
  check_extent(name, header.width, header.height, options.max_pixels);
  check_bmp_kind(header, name);
  const BmpPalette palette = read_bmp_palette(bytes, header);
  std::string_view data = bytes.substr(std::min(header.pixels, bytes.size()));
  std::vector<uint8_t> indices;
  if (header.compression == kBmpRuns8 || header.compression == kBmpRuns4) {
    indices = BmpRuns(data, header, name).decode();
    data = {reinterpret_cast<const char*>(indices.data()), indices.size()};
    header.bits = 8;
  }
  const bool padded = indices.empty();
  const int64_t used = (header.width * header.bits + 7) / 8;
  const int64_t stride = padded ? (used + 3) / 4 * 4 : used;
  // The last row's padding may be missing.
  if (std::ssize(data) < stride * (header.height - 1) + used)
    refuse(name, "truncated BMP: ", data.size(), " bytes of pixels, expected ",
           stride * header.height);
  Decoded out{at::empty({header.height, header.width, 3}, at::kByte)};
  for (int64_t y = 0; y < header.height; ++y) {
    const int64_t row = header.top_down ? y : header.height - 1 - y;
    bmp_row_to_rgb(data.substr(static_cast<size_t>(row * stride), static_cast<size_t>(used)),
                   header, palette, out.rgb.data_ptr<uint8_t>() + y * header.width * 3);
  }
  return out;
}

}  // namespace fcclip::image
