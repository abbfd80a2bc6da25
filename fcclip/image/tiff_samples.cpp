#include "fcclip/image/tiff_samples.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include <ATen/ATen.h>
#include <c10/util/Half.h>

#include "fcclip/core/round_up.h"
#include "fcclip/image/codec.h"

namespace fcclip::image {
namespace {

constexpr tmsize_t kMaxBlockBytes = tmsize_t{1} << 30;
// Samples wider than a byte are all kept until their range is known.
constexpr int64_t kMaxWideBytes = int64_t{1} << 33;
// Strips that unpack to more are read row by row.
constexpr int64_t kLargeStripBytes = int64_t{1} << 26;

/// What is wanted of a strip or tile.
struct Block {
  int64_t x, y, width, height;  ///< in the picture
  int64_t skip_x, skip_y;       ///< of the block's own columns and rows
  int64_t row_bytes;            ///< of the stored block
  int plane;                    ///< position in layout.bands; -1: all samples together
};

// libtiff hands samples over in the machine's byte order.
template <typename Stored, typename Kept>
void copy_samples(const uint8_t* row, const Block& block, const TiffLayout& layout, Kept* out) {
  const int stored = block.plane < 0 ? layout.samples : 1;
  const int copied = block.plane < 0 ? layout.used() : 1;
  for (int64_t x = 0; x < block.width; ++x, out += layout.used()) {
    for (int s = 0; s < copied; ++s) {
      const int64_t place = (block.skip_x + x) * stored + (block.plane < 0 ? layout.bands[s] : 0);
      Stored value;
      std::memcpy(&value, row + place * static_cast<int64_t>(sizeof value), sizeof value);
      out[s] = static_cast<Kept>(value);
    }
  }
}

// Samples of 9 to 15 bits lie one after another, the highest bit first.
void copy_packed(const uint8_t* row, const Block& block, const TiffLayout& layout, uint16_t* out) {
  const int stored = block.plane < 0 ? layout.samples : 1;
  const int copied = block.plane < 0 ? layout.used() : 1;
  for (int64_t x = 0; x < block.width; ++x, out += layout.used()) {
    for (int s = 0; s < copied; ++s) {
      const int64_t first =
          ((block.skip_x + x) * stored + (block.plane < 0 ? layout.bands[s] : 0)) * layout.bits;
      uint32_t value = 0;
      for (int64_t bit = first; bit < first + layout.bits; ++bit) {
        value = value << 1 | (row[bit / 8] >> (7 - bit % 8) & 1u);
      }
      out[s] = static_cast<uint16_t>(value);
    }
  }
}

void copy_bits(const uint8_t* row, const Block& block, uint8_t* out) {
  for (int64_t i = 0; i < block.width; ++i) {
    const int64_t x = block.skip_x + i;
    out[i] = (row[x / 8] >> (7 - x % 8) & 1) != 0 ? 255 : 0;
  }
}

void keep_row(const uint8_t* row, const Block& block, const TiffLayout& layout, uint8_t* out) {
  if (layout.bits == 1) return copy_bits(row, block, out);
  copy_samples<uint8_t>(row, block, layout, out);
}

void keep_row(const uint8_t* row, const Block& block, const TiffLayout& layout, uint16_t* out) {
  if (layout.bits < 16) return copy_packed(row, block, layout, out);
  copy_samples<uint16_t>(row, block, layout, out);
}

void keep_row(const uint8_t* row, const Block& block, const TiffLayout& layout, float* out) {
  if (layout.format == SAMPLEFORMAT_IEEEFP) {
    if (layout.bits == 64) return copy_samples<double>(row, block, layout, out);
    if (layout.bits == 32) return copy_samples<float>(row, block, layout, out);
    return copy_samples<c10::Half>(row, block, layout, out);
  }
  if (layout.is_unsigned()) {
    if (layout.bits == 64) return copy_samples<uint64_t>(row, block, layout, out);
    return copy_samples<uint32_t>(row, block, layout, out);
  }
  if (layout.bits == 64) return copy_samples<int64_t>(row, block, layout, out);
  if (layout.bits == 32) return copy_samples<int32_t>(row, block, layout, out);
  if (layout.bits == 16) return copy_samples<int16_t>(row, block, layout, out);
  copy_samples<int8_t>(row, block, layout, out);
}

template <typename Kept>
Kept empty_value(const TiffLayout& layout) {
  if constexpr (std::is_same_v<Kept, float>) return std::numeric_limits<float>::quiet_NaN();
  const double value = layout.no_data.value_or(0);
  return value >= 0 && value <= std::numeric_limits<Kept>::max() ? static_cast<Kept>(value)
                                                                 : Kept{};
}

int64_t rows_per_strip(const TiffFile& file, const TiffLayout& layout) {
  return std::min<int64_t>(
      layout.height, std::max<uint32_t>(1, file.field<uint32_t>(TIFFTAG_ROWSPERSTRIP, UINT32_MAX)));
}

template <typename Kept>
class BlockReader {
 public:
  BlockReader(TiffFile& file, const TiffLayout& layout, std::string_view name, const TiffPart& part,
              Kept* target)
      : file_(file), layout_(layout), name_(name), part_(part), target_(target) {}

  void strips() {
    const int64_t rows = rows_per_strip(file_, layout_);
    const int64_t per_plane = divide_up(layout_.height, rows);
    const auto row_bytes = static_cast<int64_t>(TIFFScanlineSize64(file_.handle()));
    check_row(row_bytes, layout_.width);
    make_buffer(TIFFStripSize(file_.handle()));
    for (int plane = 0; plane < (layout_.apart() ? layout_.used() : 1); ++plane) {
      const int64_t first = layout_.apart() ? layout_.bands[plane] * per_plane : 0;
      for (int64_t i = part_.y / rows; i * rows < part_.y + part_.height; ++i) {
        const int64_t y = i * rows, height = std::min(rows, layout_.height - y);
        read(static_cast<uint32_t>(first + i), height * row_bytes,
             wanted({0, y, layout_.width, height}, row_bytes, plane));
      }
    }
  }

  void tiles() {
    const int64_t width = file_.field<uint32_t>(TIFFTAG_TILEWIDTH, 0);
    const int64_t height = file_.field<uint32_t>(TIFFTAG_TILELENGTH, 0);
    if (width < 1 || height < 1) refuse(name_, "damaged TIFF: tiles without a size");
    const auto row_bytes = static_cast<int64_t>(TIFFTileRowSize64(file_.handle()));
    check_row(row_bytes, width);
    make_buffer(TIFFTileSize(file_.handle()));
    for (int plane = 0; plane < (layout_.apart() ? layout_.used() : 1); ++plane) {
      for (int64_t y = part_.y / height * height; y < part_.y + part_.height; y += height) {
        for (int64_t x = part_.x / width * width; x < part_.x + part_.width; x += width) {
          const uint32_t index =
              TIFFComputeTile(file_.handle(), static_cast<uint32_t>(x), static_cast<uint32_t>(y), 0,
                              static_cast<uint16_t>(layout_.apart() ? layout_.bands[plane] : 0));
          read(index, row_bytes * height, wanted({x, y, width, height}, row_bytes, plane));
        }
      }
    }
  }

  // Row after row, for strips that are too large to be unpacked as a whole.
  void scanlines() {
    const auto row_bytes = static_cast<int64_t>(TIFFScanlineSize64(file_.handle()));
    check_row(row_bytes, layout_.width);
    make_buffer(row_bytes);
    for (int64_t y = part_.y; y < part_.y + part_.height; ++y) {
      uint8_t* row = buffer_.data_ptr<uint8_t>();
      if (TIFFReadScanline(file_.handle(), row, static_cast<uint32_t>(y), 0) != 1) {
        refuse(name_, "damaged or truncated TIFF: row ", y, " of ", layout_.height,
               " cannot be read");
      }
      const Block block = wanted({0, y, layout_.width, 1}, row_bytes, 0);
      keep_row(row, block, layout_, place(block));
    }
  }

 private:
  // The part of a stored block that is wanted.
  Block wanted(const TiffPart& stored, int64_t row_bytes, int plane) const {
    const int64_t x = std::max(stored.x, part_.x), y = std::max(stored.y, part_.y);
    return {x,
            y,
            std::min(stored.x + stored.width, part_.x + part_.width) - x,
            std::min(stored.y + stored.height, part_.y + part_.height) - y,
            x - stored.x,
            y - stored.y,
            row_bytes,
            layout_.apart() ? plane : -1};
  }

  Kept* place(const Block& block) const {
    return target_ + ((block.y - part_.y) * part_.width + block.x - part_.x) * layout_.used() +
           std::max(block.plane, 0);
  }

  void check_row(int64_t row_bytes, int64_t width) const {
    const int64_t samples = layout_.apart() ? 1 : layout_.samples;
    if (row_bytes < (width * layout_.bits * samples + 7) / 8)
      refuse(name_, "damaged TIFF: impossible strip or tile size");
  }

  void make_buffer(tmsize_t size) {
    if (size <= 0 || size > kMaxBlockBytes)
      refuse(name_, "damaged TIFF: impossible strip or tile size");
    // Zeroed pages cost nothing until written, and a short strip leaves no chance values.
    buffer_ = at::zeros({static_cast<int64_t>(size)}, at::kByte);
  }

  void read(uint32_t index, int64_t needed, const Block& block) {
    if (needed > buffer_.numel()) refuse(name_, "damaged TIFF: impossible strip or tile size");
    Kept* out = place(block);
    if (is_unwritten(index)) return fill(block, out);
    uint8_t* data = buffer_.data_ptr<uint8_t>();
    if (encoded(index, data, needed) < needed) {
      refuse(name_,
             "damaged or truncated TIFF: ", TIFFIsTiled(file_.handle()) != 0 ? "tile " : "strip ",
             index, " cannot be read");
    }
    for (int64_t y = 0; y < block.height; ++y, out += part_.width * layout_.used()) {
      keep_row(data + (block.skip_y + y) * block.row_bytes, block, layout_, out);
    }
  }

  tmsize_t encoded(uint32_t index, uint8_t* data, int64_t needed) {
    return TIFFIsTiled(file_.handle()) != 0
               ? TIFFReadEncodedTile(file_.handle(), index, data, buffer_.numel())
               : TIFFReadEncodedStrip(file_.handle(), index, data, needed);
  }

  bool is_unwritten(uint32_t index) const {
    return TIFFGetStrileByteCount(file_.handle(), index) == 0 &&
           TIFFGetStrileOffset(file_.handle(), index) == 0;
  }

  void fill(const Block& block, Kept* out) const {
    const Kept value = empty_value<Kept>(layout_);
    const int count = block.plane < 0 ? layout_.used() : 1;
    for (int64_t y = 0; y < block.height; ++y, out += part_.width * layout_.used()) {
      for (int64_t x = 0; x < block.width; ++x) {
        std::fill_n(out + x * layout_.used(), count, value);
      }
    }
  }

  TiffFile& file_;
  const TiffLayout& layout_;
  std::string_view name_;
  const TiffPart part_;
  Kept* target_;
  at::Tensor buffer_;
};

template <typename Kept>
void read_blocks(TiffFile& file, const TiffLayout& layout, std::string_view name,
                 const TiffPart& part, void* target) {
  BlockReader<Kept> reader(file, layout, name, part, static_cast<Kept*>(target));
  if (TIFFIsTiled(file.handle()) != 0) return reader.tiles();
  has_huge_strips(file, layout) ? reader.scanlines() : reader.strips();
}

}  // namespace

bool has_huge_strips(const TiffFile& file, const TiffLayout& layout) {
  return TIFFIsTiled(file.handle()) == 0 && !layout.apart() &&
         rows_per_strip(file, layout) * static_cast<int64_t>(TIFFScanlineSize64(file.handle())) >
             kLargeStripBytes;
}

at::Tensor read_tiff_samples(TiffFile& file, const TiffLayout& layout, std::string_view name) {
  const at::ScalarType kept = layout.kept();
  const int64_t bytes =
      layout.height * layout.width * layout.used() * static_cast<int64_t>(c10::elementSize(kept));
  if (kept != at::kByte && bytes > kMaxWideBytes) {
    refuse(name, layout.width, " x ", layout.height, " pixels of ", tiff_sample_kind(layout),
           " samples are more than are read; make 8 bits of them: gdal_translate -ot Byte -scale");
  }
  return read_tiff_samples(file, layout, name, {0, 0, layout.width, layout.height});
}

at::Tensor read_tiff_samples(TiffFile& file, const TiffLayout& layout, std::string_view name,
                             const TiffPart& part) {
  const at::ScalarType kept = layout.kept();
  at::Tensor samples = at::empty({part.height, part.width, layout.used()}, kept);
  if (kept == at::kByte) {
    read_blocks<uint8_t>(file, layout, name, part, samples.data_ptr());
  } else if (kept == at::kUInt16) {
    read_blocks<uint16_t>(file, layout, name, part, samples.data_ptr());
  } else {
    read_blocks<float>(file, layout, name, part, samples.data_ptr());
  }
  return samples;
}

}  // namespace fcclip::image
