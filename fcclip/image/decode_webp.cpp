#include <algorithm>
#include <cstring>
#include <webp/decode.h>

#include <ATen/ATen.h>

#include "fcclip/image/codec.h"
#include "fcclip/image/orientation.h"

namespace fcclip::image {
namespace {

uint32_t little_endian(std::string_view bytes, size_t offset, int size) {
  uint32_t value = 0;
  for (int i = 0; i < size && offset + i < bytes.size(); ++i) {
    value |= uint32_t{static_cast<uint8_t>(bytes[offset + i])} << (8 * i);
  }
  return value;
}

struct WebpChunk {
  std::string_view tag, data;
  bool whole = true;  ///< false: the file ends inside it
};

/// Takes the next chunk off `rest`; an empty tag when there is none.
WebpChunk next_chunk(std::string_view& rest) {
  if (rest.size() < 8) return {};
  WebpChunk chunk;
  const size_t size = little_endian(rest, 4, 4);
  chunk.tag = rest.substr(0, 4);
  chunk.data = rest.substr(8, size);
  chunk.whole = chunk.data.size() == size;
  rest.remove_prefix(std::min(rest.size(), 8 + size + (size & 1)));
  return chunk;
}

/// What a WebP file is made of, as far as one still picture needs it.
struct Parts {
  std::string_view picture;  ///< the first VP8 or VP8L data
  bool whole = true, animated = false;
  int64_t canvas_width = 0, canvas_height = 0;  ///< of VP8X; 0 when the file is a bare picture
  int64_t x = 0, y = 0;                         ///< of the first frame on the canvas
  int orientation_exif = 0, orientation_xmp = 0;
};

void add_chunk(const WebpChunk& chunk, Parts& parts) {
  if (chunk.tag == "VP8X" && chunk.data.size() >= 10) {
    parts.animated = (chunk.data[0] & 2) != 0;
    parts.canvas_width = little_endian(chunk.data, 4, 3) + 1;
    parts.canvas_height = little_endian(chunk.data, 7, 3) + 1;
  } else if (chunk.tag == "ANMF" && parts.picture.empty() && chunk.data.size() > 16) {
    parts.x = int64_t{2} * little_endian(chunk.data, 0, 3);
    parts.y = int64_t{2} * little_endian(chunk.data, 3, 3);
    std::string_view frame = chunk.data.substr(16);
    for (WebpChunk inner = next_chunk(frame); !inner.tag.empty(); inner = next_chunk(frame)) {
      add_chunk(inner, parts);
    }
  } else if ((chunk.tag == "VP8 " || chunk.tag == "VP8L") && parts.picture.empty()) {
    parts.picture = chunk.data;
    parts.whole = chunk.whole;
  } else if (chunk.tag == "EXIF") {
    parts.orientation_exif = exif_orientation(chunk.data);
  } else if (chunk.tag == "XMP ") {
    parts.orientation_xmp = xmp_orientation(chunk.data);
  }
}

Parts take_apart(std::string_view bytes, std::string_view name) {
  Parts parts;
  std::string_view rest = bytes.substr(12);
  for (WebpChunk chunk = next_chunk(rest); !chunk.tag.empty(); chunk = next_chunk(rest)) {
    add_chunk(chunk, parts);
  }
  if (parts.picture.empty()) refuse(name, "damaged or truncated WebP: it holds no picture");
  return parts;
}

const char* reason(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      return "out of memory";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "unsupported feature";
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      return "the data ends too early";
    default:
      return "corrupt data";
  }
}

[[noreturn]] void refuse_webp(const Parts& parts, VP8StatusCode status, std::string_view name) {
  const bool truncated =
      !parts.whole || status == VP8_STATUS_NOT_ENOUGH_DATA || status == VP8_STATUS_SUSPENDED;
  refuse(name, truncated ? "truncated WebP: " : "damaged WebP: ", reason(status));
}

}  // namespace

// Alpha lives in a chunk of its own (lossy) or in the pixels (lossless); both are dropped here. Of
// an animation the first frame is shown on a black canvas.
Decoded decode_webp(std::string_view bytes, std::string_view name, const ReadOptions& options) {
  const Parts parts = take_apart(bytes, name);
  const auto* data = reinterpret_cast<const uint8_t*>(parts.picture.data());
  WebPBitstreamFeatures features;
  VP8StatusCode status = WebPGetFeatures(data, parts.picture.size(), &features);
  if (status != VP8_STATUS_OK) refuse_webp(parts, status, name);
  if (!parts.whole) refuse_webp(parts, VP8_STATUS_NOT_ENOUGH_DATA, name);
  const bool placed = parts.animated && parts.canvas_width > 0;
  const int64_t width = placed ? parts.canvas_width : features.width;
  const int64_t height = placed ? parts.canvas_height : features.height;
  check_extent(name, width, height, options.max_pixels);
  if (placed && (parts.x + features.width > width || parts.y + features.height > height)) {
    refuse(name, "damaged WebP: the first frame does not fit the canvas of ", width, " x ", height);
  }
  Decoded out;
  out.rgb =
      placed ? at::zeros({height, width, 3}, at::kByte) : at::empty({height, width, 3}, at::kByte);
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) refuse(name, "libwebp's version does not fit");
  const int64_t offset = placed ? parts.y * width + parts.x : 0;
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = out.rgb.data_ptr<uint8_t>() + offset * 3;
  config.output.u.RGBA.stride = static_cast<int>(width * 3);
  config.output.u.RGBA.size = static_cast<size_t>((height * width - offset) * 3);
  status = WebPDecode(data, parts.picture.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) refuse_webp(parts, status, name);
  out.orientation =
      parts.orientation_exif != 0 ? parts.orientation_exif : std::max(1, parts.orientation_xmp);
  return out;
}

}  // namespace fcclip::image
