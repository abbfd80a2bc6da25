#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/image/codec.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/orientation.h"
#include "fcclip/image/plain_png.h"
#include "fcclip/image/png_reader.h"
#include "fcclip/image/wide_samples.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::image {
namespace {

[[noreturn]] void refuse_png(const PngReader& reader, std::string_view name) {
  if (reader.truncated()) refuse(name, "truncated PNG: the file ends too early");
  const bool checksum = std::string_view(reader.message()).find("CRC") != std::string_view::npos;
  refuse(name,
         "damaged PNG: ", checksum ? "a checksum does not fit" : "its data cannot be decoded");
}

PngReader::Header read_header(PngReader& reader, std::string_view bytes, std::string_view name,
                              int64_t max_pixels) {
  PngReader::Header header;
  if (!reader.read_header(&header)) refuse_png(reader, name);
  check_extent(name, header.width, header.height, max_pixels);
  // Deflate packs at most 1032 bytes into one, so a small file with a huge header is told here.
  const double row_bits = static_cast<double>(header.width) * header.bit_depth;
  if (static_cast<double>(bytes.size()) * 1032 < row_bits / 8 * header.height) {
    refuse(name, "truncated PNG: ", bytes.size(), " bytes cannot hold ", header.width, " x ",
           header.height, " pixels");
  }
  return header;
}

void read_rows(PngReader& reader, uint8_t* target, const PngReader::Header& header,
               size_t row_bytes, std::string_view name) {
  if (reader.row_bytes() != row_bytes) refuse(name, "damaged PNG: unexpected row length");
  std::vector<png_bytep> rows(header.height);
  for (size_t y = 0; y < rows.size(); ++y) rows[y] = target + y * row_bytes;
  if (!reader.read_rows(rows)) refuse_png(reader, name);
}

// The EXIF block of newer files, that of ImageMagick and older converters, XMP.
int png_orientation(PngReader& reader) {
  int found = exif_orientation(reader.exif());
  for (const char* keyword : {"Raw profile type exif", "Raw profile type APP1"}) {
    const std::string profile = raw_profile(reader.text(keyword));
    if (found == 0) found = exif_orientation(profile);
    if (found == 0) found = xmp_orientation(profile);
  }
  if (found == 0) found = xmp_orientation(reader.text("XML:com.adobe.xmp"));
  if (found == 0) found = xmp_orientation(raw_profile(reader.text("Raw profile type xmp")));
  return std::max(1, found);
}

// [H, W, C] as stored -> [H, W, 3]: grey three times, alpha dropped.
at::Tensor rgb_of_samples(const at::Tensor& samples) {
  const int64_t channels = samples.size(2);
  if (channels >= 3) return samples.slice(2, 0, 3).contiguous();
  return samples.slice(2, 0, 1).expand({samples.size(0), samples.size(1), 3}).contiguous();
}

at::Tensor decode_png_exact(std::string_view bytes, std::string_view name) {
  if (const auto plain = read_plain_png(bytes)) {
    return plain->size(2) >= 3 ? rgb_of_samples(*plain) : plain->select(2, 0).to(at::kInt);
  }
  PngReader reader(bytes);
  const PngReader::Header header = read_header(reader, bytes, name, largest_picture());
  const bool colour = (header.color_type & PNG_COLOR_MASK_COLOR) != 0 &&
                      header.color_type != PNG_COLOR_TYPE_PALETTE;
  if (colour && header.bit_depth == 16) {
    refuse(name, "a colour PNG of 16 bits, expected 8-bit RGB or one channel of at most 16 bits");
  }
  if (!reader.as_stored()) refuse_png(reader, name);
  const int64_t height = header.height, width = header.width;
  if (colour) {
    at::Tensor rgb = at::empty({height, width, 3}, at::kByte);
    read_rows(reader, rgb.data_ptr<uint8_t>(), header, width * 3, name);
    return rgb;
  }
  if (header.bit_depth == 16) {
    at::Tensor values = at::empty({height, width}, at::kUInt16);
    read_rows(reader, static_cast<uint8_t*>(values.data_ptr()), header, width * 2, name);
    return values.to(at::kInt);
  }
  at::Tensor values = at::empty({height, width}, at::kByte);
  read_rows(reader, values.data_ptr<uint8_t>(), header, width, name);
  return values.to(at::kInt);
}

at::Tensor read_16_bits(PngReader& reader, const PngReader::Header& header, std::string_view name,
                        const ReadOptions& options) {
  if (!reader.as_stored()) refuse_png(reader, name);
  const int64_t channels = (header.color_type & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1;
  WideSamples wide;
  wide.kind = "16-bit";
  wide.values = at::empty({header.height, header.width, channels}, at::kUInt16);
  read_rows(reader, static_cast<uint8_t*>(wide.values.data_ptr()), header,
            size_t{header.width} * 2 * static_cast<size_t>(channels), name);
  return rgb_of_samples(to_8_bits(wide, options, name));
}

}  // namespace

Decoded decode_png(std::string_view bytes, std::string_view name, const ReadOptions& options) {
  if (const auto plain = read_plain_png(bytes, options.max_pixels)) return {rgb_of_samples(*plain)};
  PngReader reader(bytes);
  const PngReader::Header header = read_header(reader, bytes, name, options.max_pixels);
  Decoded out;
  if (header.bit_depth == 16) {
    out.rgb = read_16_bits(reader, header, name, options);
  } else {
    if (!reader.as_rgb8()) refuse_png(reader, name);
    out.rgb = at::empty({header.height, header.width, 3}, at::kByte);
    read_rows(reader, out.rgb.data_ptr<uint8_t>(), header, size_t{header.width} * 3, name);
  }
  out.orientation = png_orientation(reader);
  return out;
}

at::Tensor read_png_exact(const std::filesystem::path& path) {
  const std::string bytes = io::read_file(path);
  if (bytes.substr(0, 8) != std::string_view("\x89PNG\r\n\x1a\n", 8)) {
    refuse(path.string(), describe_bytes(bytes), ", expected a PNG");
  }
  return decode_png_exact(bytes, path.string());
}

std::optional<at::Tensor> read_cut_out(const std::filesystem::path& path) {
  const std::string bytes = io::read_file(path);
  if (bytes.substr(0, 8) != std::string_view("\x89PNG\r\n\x1a\n", 8)) return std::nullopt;
  PngReader reader(bytes);
  const PngReader::Header header = read_header(reader, bytes, path.string(), largest_picture());
  if (!reader.as_rgba8()) refuse_png(reader, path.string());
  at::Tensor rgba = at::empty({header.height, header.width, 4}, at::kByte);
  read_rows(reader, rgba.data_ptr<uint8_t>(), header, size_t{header.width} * 4, path.string());
  if (rgba.select(2, 3).eq(255).all().item<bool>()) return std::nullopt;
  return apply_orientation(rgba, png_orientation(reader));
}

}  // namespace fcclip::image
