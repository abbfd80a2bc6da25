#include <ATen/ATen.h>

#include "fcclip/image/codec.h"
#include "fcclip/image/jpeg_rows.h"

namespace fcclip::image {

Decoded decode_jpeg(std::string_view bytes, std::string_view name, const ReadOptions& options) {
  JpegRows rows(bytes, name, options);
  Decoded out{at::empty({rows.height(), rows.width(), 3}, at::kByte), rows.orientation()};
  uint8_t* rgb = out.rgb.data_ptr<uint8_t>();
  for (int64_t y = 0; y < rows.height(); ++y, rgb += 3 * rows.width()) rows.read(rgb);
  return out;
}

}  // namespace fcclip::image
