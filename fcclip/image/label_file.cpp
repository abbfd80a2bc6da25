#include "fcclip/image/label_file.h"

#include <ATen/ATen.h>

#include "fcclip/image/codec.h"
#include "fcclip/image/id_colours.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/plain_png.h"
#include "fcclip/image/tiff_file.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::image {
namespace {

bool is_tiff(const std::string& bytes) {
  return bytes.starts_with(std::string_view("II*\0", 4)) ||
         bytes.starts_with(std::string_view("MM\0*", 4));
}

void copy_row(const std::vector<uint8_t>& row, int bits, int64_t width, int32_t* out) {
  for (int64_t x = 0; x < width; ++x) {
    out[x] = bits == 8 ? row[x] : reinterpret_cast<const uint16_t*>(row.data())[x];
  }
}

at::Tensor read_tiff(const std::string& bytes, const std::string& name) {
  TiffFile file(bytes);
  if (file.handle() == nullptr) refuse(name, "not a readable TIFF: ", file.message());
  const auto width = file.field<uint32_t>(TIFFTAG_IMAGEWIDTH, 0);
  const auto height = file.field<uint32_t>(TIFFTAG_IMAGELENGTH, 0);
  const auto bits = file.field<uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
  const auto samples = file.field<uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
  check_extent(name, width, height);
  if (samples != 1 || (bits != 8 && bits != 16) || TIFFIsTiled(file.handle()) != 0) {
    refuse(name, "a label TIFF needs one channel of 8 or 16 bits in strips, this one has ", samples,
           " of ", bits);
  }
  const auto row_bytes = static_cast<size_t>(TIFFScanlineSize(file.handle()));
  if (row_bytes < static_cast<size_t>(width) * bits / 8) refuse(name, "its rows are too short");
  std::vector<uint8_t> row(row_bytes);
  at::Tensor labels = at::empty({height, width}, at::kInt);
  for (uint32_t y = 0; y < height; ++y) {
    if (TIFFReadScanline(file.handle(), row.data(), y, 0) != 1) {
      refuse(name, "truncated or damaged at row ", y, ": ", file.message());
    }
    copy_row(row, bits, width, labels.data_ptr<int32_t>() + static_cast<int64_t>(y) * width);
  }
  return labels;
}

}  // namespace

at::Tensor read_label_map(const std::filesystem::path& path) {
  if (path.extension() == ".tif" || path.extension() == ".tiff") {
    const std::string bytes = io::read_file(path);
    if (!is_tiff(bytes)) refuse(path.string(), "not a TIFF but ", describe_bytes(bytes));
    return read_tiff(bytes, path.string());
  }
  const at::Tensor labels = read_png_exact(path);
  if (labels.dim() != 2) refuse(path.string(), "a colour PNG; labels need one channel");
  return labels;
}

at::Tensor read_mask(const std::filesystem::path& path) {
  // Bytes are taken as they are stored: masks come by the hundred a picture.
  const auto plain = read_plain_png(io::read_file(path));
  if (plain && plain->size(2) == 1) return plain->select(2, 0);
  const at::Tensor stored = read_png_exact(path);
  if (stored.dim() != 2) refuse(path.string(), "a colour PNG; a mask needs one channel");
  return stored.ne(0).to(at::kByte);
}

at::Tensor read_id_map(const std::filesystem::path& path) {
  const at::Tensor pixels = read_png_exact(path);
  return pixels.dim() == 3 ? ids_of_rgb(pixels) : pixels;
}

}  // namespace fcclip::image
