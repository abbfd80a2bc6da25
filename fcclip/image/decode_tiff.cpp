// Common layouts (1, 8 and 16 bits; grey, RGB, palette, CMYK; strips and tiles, planes together or
// apart) are read here so that values are Pillow's; whatever else libtiff knows goes through its
// own conversion to RGBA.

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/image/codec.h"
#include "fcclip/image/tiff_file.h"

namespace fcclip::image {
namespace {

constexpr tmsize_t kMaxBlockBytes = tmsize_t{1} << 31;

struct Layout {
  int64_t width = 0, height = 0;
  int bits = 1, samples = 1, photometric = 0, planar = PLANARCONFIG_CONTIG;
  int format = SAMPLEFORMAT_UINT;
  bool associated_alpha = false;
  int used = 1;  ///< samples per pixel that matter: grey 1, RGB 3, with associated alpha 4, CMYK 4
};

Layout read_layout(const TiffFile& file, std::string_view name) {
  Layout layout;
  layout.width = file.field<uint32_t>(TIFFTAG_IMAGEWIDTH, 0);
  layout.height = file.field<uint32_t>(TIFFTAG_IMAGELENGTH, 0);
  check_extent(name, layout.width, layout.height);
  layout.bits = file.field<uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
  layout.samples = file.field<uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
  layout.planar = file.field<uint16_t>(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  layout.format = file.field<uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  layout.photometric = file.field<uint16_t>(
      TIFFTAG_PHOTOMETRIC, layout.samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
  if (layout.samples < 1 || layout.samples > 16) {
    refuse(name, "TIFF with ", layout.samples, " samples a pixel, expected 1 to 16");
  }
  // libjpeg turns YCbCr into RGB while decoding when it is asked to.
  if (layout.photometric == PHOTOMETRIC_YCBCR && layout.planar == PLANARCONFIG_CONTIG &&
      file.field<uint16_t>(TIFFTAG_COMPRESSION, 1) == COMPRESSION_JPEG &&
      TIFFSetField(file.handle(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB) == 1) {
    layout.photometric = PHOTOMETRIC_RGB;
  }
  uint16_t extra_count = 0, *extra = nullptr;
  TIFFGetFieldDefaulted(file.handle(), TIFFTAG_EXTRASAMPLES, &extra_count, &extra);
  layout.associated_alpha = layout.photometric == PHOTOMETRIC_RGB && layout.samples >= 4 &&
                            extra_count >= 1 && extra[0] == EXTRASAMPLE_ASSOCALPHA;
  layout.used = layout.photometric == PHOTOMETRIC_SEPARATED || layout.associated_alpha ? 4
                : layout.photometric == PHOTOMETRIC_RGB                                ? 3
                                                                                       : 1;
  return layout;
}

bool reads_directly(const Layout& layout) {
  const bool grey =
      layout.photometric == PHOTOMETRIC_MINISBLACK || layout.photometric == PHOTOMETRIC_MINISWHITE;
  if (layout.format != SAMPLEFORMAT_UINT && layout.format != SAMPLEFORMAT_VOID) return false;
  if (layout.samples < layout.used) return false;
  if (layout.bits == 1) return grey && layout.samples == 1;
  if (layout.photometric == PHOTOMETRIC_PALETTE) return layout.bits == 8;
  return (layout.bits == 8 || layout.bits == 16) &&
         (grey || layout.photometric == PHOTOMETRIC_RGB ||
          layout.photometric == PHOTOMETRIC_SEPARATED);
}

/// A strip or tile inside the picture.
struct Block {
  int64_t x, y, width, height;  ///< the part inside the picture
  int64_t row_bytes;            ///< of the stored block
  int plane;                    ///< -1: all samples together
};

/// Copies a block's samples, cut to 8 bits, to their places in [H, W, used].
void scatter(const uint8_t* data, const Block& block, const Layout& layout, uint8_t* target) {
  const int stored = block.plane < 0 ? layout.samples : 1;
  const int first = std::max(block.plane, 0), copied = block.plane < 0 ? layout.used : 1;
  const int bytes = layout.bits == 16 ? 2 : 1;
  // libtiff hands 16-bit samples over in the machine's order; the upper byte is the 8-bit value.
  const int upper = bytes == 2 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 1 : 0;
  for (int64_t y = 0; y < block.height; ++y) {
    const uint8_t* row = data + y * block.row_bytes;
    uint8_t* out = target + ((block.y + y) * layout.width + block.x) * layout.used + first;
    for (int64_t x = 0; x < block.width; ++x, out += layout.used) {
      if (layout.bits == 1) {
        out[0] = (row[x / 8] >> (7 - x % 8) & 1) != 0 ? 255 : 0;
        continue;
      }
      for (int s = 0; s < copied; ++s) out[s] = row[(x * stored + s) * bytes + upper];
    }
  }
}

struct Buffer {
  at::Tensor bytes;
  uint8_t* data;
};

Buffer block_buffer(tmsize_t size, std::string_view name) {
  if (size <= 0 || size > kMaxBlockBytes)
    refuse(name, "damaged TIFF: impossible strip or tile size");
  // Zeroed pages cost nothing until written, and a short strip leaves no chance values.
  at::Tensor bytes = at::zeros({static_cast<int64_t>(size)}, at::kByte);
  return {bytes, bytes.data_ptr<uint8_t>()};
}

[[noreturn]] void refuse_block(const TiffFile& file, std::string_view name) {
  refuse(name, "damaged or truncated TIFF: ", file.message());
}

void read_strips(TiffFile& file, const Layout& layout, uint8_t* target, std::string_view name) {
  const int64_t rows = std::min<int64_t>(
      layout.height, std::max<uint32_t>(1, file.field<uint32_t>(TIFFTAG_ROWSPERSTRIP, UINT32_MAX)));
  const int64_t per_plane = (layout.height + rows - 1) / rows;
  const bool apart = layout.planar == PLANARCONFIG_SEPARATE && layout.samples > 1;
  const int64_t row_bytes = TIFFScanlineSize64(file.handle());
  const Buffer buffer = block_buffer(TIFFStripSize(file.handle()), name);
  for (int plane = 0; plane < (apart ? layout.used : 1); ++plane) {
    for (int64_t i = 0; i < per_plane; ++i) {
      const int64_t y = i * rows, height = std::min(rows, layout.height - y);
      const int64_t needed = height * row_bytes;
      if (needed > buffer.bytes.numel()) refuse(name, "damaged TIFF: impossible strip size");
      const auto index = static_cast<uint32_t>(plane * per_plane + i);
      if (TIFFReadEncodedStrip(file.handle(), index, buffer.data, needed) < needed) {
        refuse_block(file, name);
      }
      scatter(buffer.data, {0, y, layout.width, height, row_bytes, apart ? plane : -1}, layout,
              target);
    }
  }
}

void read_tiles(TiffFile& file, const Layout& layout, uint8_t* target, std::string_view name) {
  const int64_t width = file.field<uint32_t>(TIFFTAG_TILEWIDTH, 0);
  const int64_t height = file.field<uint32_t>(TIFFTAG_TILELENGTH, 0);
  if (width < 1 || height < 1) refuse(name, "damaged TIFF: tiles without a size");
  const bool apart = layout.planar == PLANARCONFIG_SEPARATE && layout.samples > 1;
  const int64_t row_bytes = static_cast<int64_t>(TIFFTileRowSize64(file.handle()));
  const Buffer buffer = block_buffer(TIFFTileSize(file.handle()), name);
  const int64_t needed_row = (width * layout.bits * (apart ? 1 : layout.samples) + 7) / 8;
  if (row_bytes < needed_row || row_bytes * height > buffer.bytes.numel()) {
    refuse(name, "damaged TIFF: impossible tile size");
  }
  for (int plane = 0; plane < (apart ? layout.used : 1); ++plane) {
    for (int64_t y = 0; y < layout.height; y += height) {
      for (int64_t x = 0; x < layout.width; x += width) {
        const uint32_t index =
            TIFFComputeTile(file.handle(), static_cast<uint32_t>(x), static_cast<uint32_t>(y), 0,
                            static_cast<uint16_t>(plane));
        if (TIFFReadEncodedTile(file.handle(), index, buffer.data, buffer.bytes.numel()) <
            row_bytes * height) {
          refuse_block(file, name);
        }
        scatter(buffer.data,
                {x, y, std::min(width, layout.width - x), std::min(height, layout.height - y),
                 row_bytes, apart ? plane : -1},
                layout, target);
      }
    }
  }
}

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

at::Tensor to_rgb(const TiffFile& file, const Layout& layout, const at::Tensor& samples,
                  std::string_view name) {
  if (layout.used == 3) return samples;
  at::Tensor rgb = at::empty({layout.height, layout.width, 3}, at::kByte);
  uint8_t* out = rgb.data_ptr<uint8_t>();
  const uint8_t* in = samples.data_ptr<uint8_t>();
  const int64_t pixels = layout.height * layout.width;
  if (layout.photometric == PHOTOMETRIC_PALETTE) {
    palette_to_rgb(file, samples, out, name);
  } else if (layout.used == 4) {
    for (int64_t i = 0; i < pixels; ++i, in += 4, out += 3) {
      layout.associated_alpha ? unmultiply(in, out) : cmyk_to_rgb(in, out);
    }
  } else {
    const uint8_t invert = layout.photometric == PHOTOMETRIC_MINISWHITE ? 255 : 0;
    for (int64_t i = 0; i < pixels; ++i, out += 3) out[0] = out[1] = out[2] = in[i] ^ invert;
  }
  return rgb;
}

at::Tensor read_directly(TiffFile& file, const Layout& layout, std::string_view name) {
  const at::Tensor samples = at::empty({layout.height, layout.width, layout.used}, at::kByte);
  if (TIFFIsTiled(file.handle()) != 0) {
    read_tiles(file, layout, samples.data_ptr<uint8_t>(), name);
  } else {
    read_strips(file, layout, samples.data_ptr<uint8_t>(), name);
  }
  return to_rgb(file, layout, samples, name);
}

at::Tensor read_by_libtiff(TiffFile& file, const Layout& layout, std::string_view name) {
  char reason[1024] = "";
  TIFFRGBAImage image;
  if (TIFFRGBAImageBegin(&image, file.handle(), 1, reason) == 0) {
    refuse(name, "TIFF of a kind that is not read (", layout.bits, " bits, ", layout.samples,
           " samples): ", reason);
  }
  image.req_orientation =
      image.orientation;  // rows as stored; turning is done once, for every format
  at::Tensor raster = at::zeros({layout.height, layout.width}, at::kInt);
  const int done =
      TIFFRGBAImageGet(&image, reinterpret_cast<uint32_t*>(raster.data_ptr<int32_t>()),
                       static_cast<uint32_t>(layout.width), static_cast<uint32_t>(layout.height));
  TIFFRGBAImageEnd(&image);
  if (done == 0) refuse_block(file, name);
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

}  // namespace

Decoded decode_tiff(std::string_view bytes, std::string_view name) {
  TiffFile file(bytes);
  if (file.handle() == nullptr) refuse_block(file, name);
  const Layout layout = read_layout(file, name);
  Decoded out;
  out.rgb = reads_directly(layout) ? read_directly(file, layout, name)
                                   : read_by_libtiff(file, layout, name);
  out.orientation = file.field<uint16_t>(TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  return out;
}

}  // namespace fcclip::image
