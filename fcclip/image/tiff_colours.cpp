#include "fcclip/image/tiff_colours.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "fcclip/image/codec.h"
#include "fcclip/image/orientation.h"

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

}  // namespace

at::Tensor tiff_rgb(const TiffFile& file, const TiffLayout& layout, const at::Tensor& samples,
                    std::string_view name) {
  if (layout.used() == 3) {
    return layout.photometric == PHOTOMETRIC_MINISWHITE ? samples.bitwise_not() : samples;
  }
  at::Tensor rgb = at::empty({samples.size(0), samples.size(1), 3}, at::kByte);
  uint8_t* out = rgb.data_ptr<uint8_t>();
  const uint8_t* in = samples.data_ptr<uint8_t>();
  const int64_t pixels = samples.size(0) * samples.size(1);
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

WideSamples wide_tiff_samples(const TiffLayout& layout, at::Tensor values) {
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

}  // namespace fcclip::image
