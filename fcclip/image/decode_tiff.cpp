// Common layouts (grey, RGB, palette, CMYK; whole numbers and floating point; strips and tiles,
// planes together or apart) are read here so that values are Pillow's; whatever else libtiff knows
// goes through its own conversion to RGBA.

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "fcclip/image/codec.h"
#include "fcclip/image/orientation.h"
#include "fcclip/image/tiff_file.h"
#include "fcclip/image/tiff_layout.h"
#include "fcclip/image/tiff_samples.h"
#include "fcclip/image/wide_samples.h"

namespace fcclip::image {
namespace {

void palette_to_rgb(const TiffFile& file, const at::Tensor& samples, uint8_t* rgb,
                    std::string_view name) {
  uint16_t *red = nullptr, *green = nullptr, *blue = nullptr;
  if (TIFFGetField(file.handle(), TIFFTAG_COLORMAP, &red, &green, &blue) != 1) {
    refuse(name, "damaged TIFF: a palette picture without its palette");
  }
  const uint8_t* index = samples.data_ptr<uint8_t>();
  for (int64_t i = 0; i < samples.numel(); ++i, rgb += 3) {
    rgb[0] = static_cast<uint8_t>(red[index[i]] >> 8);
    rgb[1] = static_cast<uint8_t>(green[index[i]] >> 8);
    rgb[2] = static_cast<uint8_t>(blue[index[i]] >> 8);
  }
}

void unmultiply(const uint8_t* rgba, uint8_t* rgb) {
  const int alpha = rgba[3];
  for (int c = 0; c < 3; ++c) {
    rgb[c] = alpha == 0 ? 0 : static_cast<uint8_t>(std::min(255, rgba[c] * 255 / alpha));
  }
}

// [H, W, used] uint8 -> [H, W, 3].
at::Tensor tiff_rgb(const TiffFile& file, const TiffLayout& layout, const at::Tensor& samples,
                    std::string_view name) {
  if (layout.used() == 3) {
    return layout.photometric == PHOTOMETRIC_MINISWHITE ? samples.bitwise_not() : samples;
  }
  at::Tensor rgb = at::empty({layout.height, layout.width, 3}, at::kByte);
  uint8_t* out = rgb.data_ptr<uint8_t>();
  const uint8_t* in = samples.data_ptr<uint8_t>();
  const int64_t pixels = layout.height * layout.width;
  if (layout.photometric == PHOTOMETRIC_PALETTE) {
    palette_to_rgb(file, samples, out, name);
  } else if (layout.used() == 4) {
    for (int64_t i = 0; i < pixels; ++i, in += 4, out += 3) {
      layout.associated_alpha ? unmultiply(in, out) : cmyk_to_rgb(in, out);
    }
  } else {
    const uint8_t invert = layout.photometric == PHOTOMETRIC_MINISWHITE ? 255 : 0;
    for (int64_t i = 0; i < pixels; ++i, out += 3) out[0] = out[1] = out[2] = in[i] ^ invert;
  }
  return rgb;
}

WideSamples wide_samples(const TiffLayout& layout, at::Tensor values) {
  WideSamples wide;
  wide.kind = tiff_sample_kind(layout);
  wide.values = std::move(values);
  wide.integral = layout.format != SAMPLEFORMAT_IEEEFP;
  const bool is_signed = layout.format == SAMPLEFORMAT_INT;
  wide.high = wide.integral ? std::exp2(layout.bits - (is_signed ? 1 : 0)) - 1 : 1;
  // The whole range of signed numbers is their positive half: nobody's black is −32768.
  wide.low = 0;
  wide.is_signed = is_signed || !wide.integral;
  const bool representable =
      wide.values.scalar_type() == at::kFloat ||
      (layout.no_data.value_or(0) >= 0 && layout.no_data.value_or(0) <= 65535);
  if (representable) wide.no_data = layout.no_data;
  return wide;
}

at::Tensor read_directly(TiffFile& file, const TiffLayout& layout, std::string_view name,
                         const ReadOptions& options) {
  at::Tensor samples = read_tiff_samples(file, layout, name);
  if (layout.kept() != at::kByte) {
    ReadOptions how = options;
    // Inks and premultiplied colours have no range of their own to stretch.
    if (layout.used() == 4) how.range = {ValueRange::Kind::full, 0, 0};
    samples = to_8_bits(wide_samples(layout, std::move(samples)), how, name);
  }
  return tiff_rgb(file, layout, samples, name);
}

[[noreturn]] void refuse_kind(const TiffLayout& layout, std::string_view name) {
  refuse(name, "a TIFF of a kind that is not read (", layout.samples,
         layout.samples == 1 ? " band of " : " bands of ", tiff_sample_kind(layout),
         " samples, photometric ", layout.photometric,
         "); make 8 bits of it: gdal_translate -ot Byte -scale IN OUT.tif");
}

at::Tensor read_by_libtiff(TiffFile& file, const TiffLayout& layout, std::string_view name) {
  char reason[1024] = "";
  TIFFRGBAImage image;
  if (TIFFRGBAImageBegin(&image, file.handle(), 1, reason) == 0) refuse_kind(layout, name);
  // Rows as stored; turning is done once, for every format.
  image.req_orientation = image.orientation;
  at::Tensor raster = at::zeros({layout.height, layout.width}, at::kInt);
  const int done =
      TIFFRGBAImageGet(&image, reinterpret_cast<uint32_t*>(raster.data_ptr<int32_t>()),
                       static_cast<uint32_t>(layout.width), static_cast<uint32_t>(layout.height));
  TIFFRGBAImageEnd(&image);
  if (done == 0) refuse(name, "damaged or truncated TIFF: its data cannot be decoded");
  at::Tensor rgb = at::empty({layout.height, layout.width, 3}, at::kByte);
  const int32_t* in = raster.data_ptr<int32_t>();
  uint8_t* out = rgb.data_ptr<uint8_t>();
  for (int64_t i = 0; i < raster.numel(); ++i, out += 3) {
    const auto pixel = static_cast<uint32_t>(in[i]);
    out[0] = static_cast<uint8_t>(TIFFGetR(pixel));
    out[1] = static_cast<uint8_t>(TIFFGetG(pixel));
    out[2] = static_cast<uint8_t>(TIFFGetB(pixel));
  }
  return rgb;
}

void check_packing(const TiffFile& file, std::string_view name) {
  const auto method = file.field<uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  if (TIFFIsCODECConfigured(method) == 0) {
    refuse(name, "a TIFF packed by a method that is not read (compression ", method,
           "); pack it anew: gdal_translate -co COMPRESS=DEFLATE IN OUT.tif, or tiffcp -c zip");
  }
}

// The tag, else an XMP packet's, as Pillow does.
int tiff_orientation(const TiffFile& file) {
  uint16_t stored = 0;
  if (TIFFGetField(file.handle(), TIFFTAG_ORIENTATION, &stored) == 1) return stored;
  uint32_t size = 0;
  const char* packet = nullptr;
  if (TIFFGetField(file.handle(), TIFFTAG_XMLPACKET, &size, &packet) != 1 || packet == nullptr) {
    return 1;
  }
  return std::max(1, xmp_orientation({packet, size}));
}

}  // namespace

Decoded decode_tiff(std::string_view bytes, std::string_view name, const ReadOptions& options) {
  if (bytes.size() > 10 && bytes.substr(8, 2) == "CR") refuse(name, kRawCameraFile);  // Canon's CR2
  TiffFile file(bytes);
  if (file.handle() == nullptr) refuse(name, "damaged or truncated TIFF: it has no directory");
  check_packing(file, name);
  const TiffLayout layout = read_tiff_layout(file, name, options);
  Decoded out;
  out.rgb = reads_tiff_samples(layout) ? read_directly(file, layout, name, options)
                                       : read_by_libtiff(file, layout, name);
  out.orientation = tiff_orientation(file);
  return out;
}

}  // namespace fcclip::image
