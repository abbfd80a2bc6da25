// Common layouts (grey, RGB, palette, CMYK; whole numbers and floating point; strips and tiles,
// planes together or apart) are read here so that values are Pillow's; whatever else libtiff knows
// goes through its own conversion to RGBA.

#include <ATen/ATen.h>

#include "fcclip/image/codec.h"
#include "fcclip/image/tiff_colours.h"
#include "fcclip/image/tiff_file.h"
#include "fcclip/image/tiff_layout.h"
#include "fcclip/image/tiff_samples.h"
#include "fcclip/image/wide_samples.h"

namespace fcclip::image {
namespace {

at::Tensor read_directly(TiffFile& file, const TiffLayout& layout, std::string_view name,
                         const ReadOptions& options) {
  at::Tensor samples = read_tiff_samples(file, layout, name);
  if (layout.kept() != at::kByte) {
    ReadOptions how = options;
    // Inks and premultiplied colours have no range of their own to stretch.
    if (layout.used() == 4) how.range = {ValueRange::Kind::full, 0, 0};
    samples = to_8_bits(wide_tiff_samples(layout, std::move(samples)), how, name);
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

}  // namespace

Decoded decode_tiff(std::string_view bytes, std::string_view name, const ReadOptions& options) {
  if (bytes.size() > 10 && bytes.substr(8, 2) == "CR") refuse(name, kRawCameraFile);  // Canon's CR2
  TiffFile file(bytes);
  if (file.handle() == nullptr) refuse(name, "damaged or truncated TIFF: it has no directory");
  check_tiff_packing(file, name);
  const TiffLayout layout = read_tiff_layout(file, name, options);
  Decoded out;
  out.rgb = reads_tiff_samples(layout) ? read_directly(file, layout, name, options)
                                       : read_by_libtiff(file, layout, name);
  out.orientation = tiff_orientation(file);
  return out;
}

}  // namespace fcclip::image
