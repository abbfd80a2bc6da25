// PNG by this project's own reader and by libpng: what the first reads, the second reads alike.

#include <ATen/ATen.h>

#include "fcclip/image/plain_png.h"
#include "fcclip/image/png_reader.h"
#include "fuzz/picture.h"

namespace {

at::Tensor by_libpng(std::string_view bytes) {
  fcclip::image::PngReader reader(bytes);
  fcclip::image::PngReader::Header header;
  if (!reader.read_header(&header) || !reader.as_stored()) return {};
  const size_t row_bytes = reader.row_bytes();
  if (row_bytes == 0) return {};
  at::Tensor pixels = at::empty({header.height, static_cast<int64_t>(row_bytes)}, at::kByte);
  std::vector<png_bytep> rows(header.height);
  for (size_t y = 0; y < rows.size(); ++y) rows[y] = pixels.data_ptr<uint8_t>() + y * row_bytes;
  return reader.read_rows(rows) ? pixels : at::Tensor();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  const std::string_view bytes = fuzz::text(data, size);
  if (fuzz::decode_picture(bytes, "\x89PNG") != 0) return -1;
  return fuzz::result_or_error([&] {
    const auto plain = image::read_plain_png(bytes);
    if (!plain) return;
    // libpng drops alpha here: the last of 2 or 4 channels.
    const int64_t channels = plain->size(2), kept = channels - (channels + 1) % 2;
    const at::Tensor other = by_libpng(bytes);
    if (!other.defined() || !at::equal(plain->narrow(2, 0, kept).flatten(1), other)) std::abort();
  });
}
