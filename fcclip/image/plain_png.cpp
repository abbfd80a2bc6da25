#include "fcclip/image/plain_png.h"

#include <cstring>
#include <libdeflate.h>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "fcclip/image/image_file.h"
#include "fcclip/image/png_filters.h"

namespace fcclip::image {
namespace {

constexpr std::string_view kSignature("\x89PNG\r\n\x1a\n", 8);
constexpr size_t kPngHeaderBytes = 13;

uint32_t big_endian(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

struct Chunk {
  std::string_view type, data;
};

// The next chunk with a right checksum; nothing otherwise.
std::optional<Chunk> take_chunk(std::string_view& rest) {
  if (rest.size() < 12) return std::nullopt;
  const size_t size = big_endian(rest, 0);
  if (size > rest.size() - 12) return std::nullopt;
  const Chunk chunk{rest.substr(4, 4), rest.substr(8, size)};
  if (libdeflate_crc32(0, chunk.type.data(), 4 + size) != big_endian(rest, 8 + size)) {
    return std::nullopt;
  }
  rest.remove_prefix(12 + size);
  return chunk;
}

struct Header {
  int64_t width = 0, height = 0;
  size_t channels = 0;
  size_t row_bytes() const { return static_cast<size_t>(width) * channels; }
  size_t packed_rows() const { return (row_bytes() + 1) * static_cast<size_t>(height); }
};

std::optional<Header> plain_header(const Chunk& chunk, int64_t max_pixels) {
  if (chunk.type != "IHDR" || chunk.data.size() != kPngHeaderBytes) return std::nullopt;
  Header header{big_endian(chunk.data, 0), big_endian(chunk.data, 4), 0};
  const std::string_view kind = chunk.data.substr(8);  // depth, colour, compression, filter, lace
  if (kind[0] != 8 || kind[2] != 0 || kind[3] != 0 || kind[4] != 0) return std::nullopt;
  header.channels = kind[1] == 0 ? 1 : kind[1] == 2 ? 3 : kind[1] == 4 ? 2 : kind[1] == 6 ? 4 : 0;
  const bool fits = header.width >= 1 && header.height >= 1 &&
                    header.width <= max_pixels / header.height && header.channels != 0;
  return fits ? std::optional(header) : std::nullopt;
}

// Chunks that turn the picture, or that a reader must understand.
bool is_special(const Chunk& chunk) {
  const bool critical = (chunk.type[0] & 32) == 0;
  if (critical) return chunk.type != "PLTE" && chunk.type != "IDAT" && chunk.type != "IEND";
  const bool text = chunk.type == "iTXt" || chunk.type == "tEXt" || chunk.type == "zTXt";
  return chunk.type == "eXIf" ||
         (text && (chunk.data.starts_with("XML:") || chunk.data.starts_with("Raw profile type")));
}

struct Contents {
  Header header;
  std::string_view first;  ///< the only IDAT chunk in the file, while there is one
  std::string joined;      ///< all of them, when there are several
  std::string_view pixels() const { return joined.empty() ? first : joined; }
};

std::optional<Contents> read_chunks(std::string_view rest, int64_t max_pixels) {
  rest.remove_prefix(kSignature.size());
  std::optional<Chunk> chunk = take_chunk(rest);
  const std::optional<Header> header = chunk ? plain_header(*chunk, max_pixels) : std::nullopt;
  if (!header) return std::nullopt;
  Contents contents{*header, {}, {}};
  std::string_view last;
  while ((chunk = take_chunk(rest)) && chunk->type != "IEND") {
    if (is_special(*chunk)) return std::nullopt;
    if (chunk->type == "IDAT") {
      const bool is_first = contents.first.data() == nullptr;
      if (!is_first && last != "IDAT") return std::nullopt;
      if (is_first) {
        contents.first = chunk->data;
      } else {
        if (contents.joined.empty()) contents.joined = contents.first;
        contents.joined += chunk->data;
      }
    }
    last = chunk->type;
  }
  return chunk && contents.first.data() != nullptr ? std::optional(std::move(contents))
                                                   : std::nullopt;
}

using RawRows = std::unique_ptr<uint8_t[]>;

// Filter byte and row, row after row.
RawRows inflate(const Contents& contents) {
  const size_t size = contents.header.packed_rows();
  const std::string_view packed = contents.pixels();
  // Deflate packs at most 1032 bytes into one: no memory for a small file with a huge header.
  if (packed.size() < size / 1032) return nullptr;
  const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  if (!decompressor) return nullptr;
  RawRows rows = std::make_unique_for_overwrite<uint8_t[]>(size);
  const libdeflate_result result = libdeflate_zlib_decompress(
      decompressor.get(), packed.data(), packed.size(), rows.get(), size, nullptr);
  return result == LIBDEFLATE_SUCCESS ? std::move(rows) : nullptr;
}

}  // namespace

std::optional<at::Tensor> read_plain_png(std::string_view bytes, int64_t max_pixels) {
  if (!bytes.starts_with(kSignature)) return std::nullopt;
  const std::optional<Contents> contents = read_chunks(bytes, max_pixels);
  if (!contents) return std::nullopt;
  const Header& header = contents->header;
  const RawRows rows = inflate(*contents);
  if (!rows) return std::nullopt;
  const size_t row_bytes = header.row_bytes();
  at::Tensor pixels =
      at::empty({header.height, header.width, static_cast<int64_t>(header.channels)}, at::kByte);
  uint8_t* out = pixels.data_ptr<uint8_t>();
  const std::vector<uint8_t> zeros(row_bytes);
  const uint8_t *in = rows.get(), *above = zeros.data();
  for (int64_t y = 0; y < header.height; ++y) {
    if (!unfilter_row(in, above, out, row_bytes, header.channels)) return std::nullopt;
    above = out;
    in += row_bytes + 1;
    out += row_bytes;
  }
  return pixels;
}

}  // namespace fcclip::image
