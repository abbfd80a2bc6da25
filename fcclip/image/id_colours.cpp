#include "fcclip/image/id_colours.h"

#include <bit>
#include <cstring>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"

namespace fcclip::image {

at::Tensor rgb_of_ids(const at::Tensor& ids) {
  check_shape("ids", ids, {kAny, kAny});
  check_dtype("ids", ids, at::kInt);
  const at::Tensor from = ids.cpu().contiguous();
  at::Tensor rgb = at::empty({ids.size(0), ids.size(1), 3}, at::kByte);
  const int32_t* id = from.const_data_ptr<int32_t>();
  uint8_t* to = rgb.data_ptr<uint8_t>();
  for (int64_t i = 0; i < from.numel(); ++i) {
    if (id[i] < 0 || id[i] >= 1 << 24) {
      fail(ErrorCode::invalid_argument, "segment id ", id[i], " does not fit in a panoptic PNG");
    }
    to[3 * i] = static_cast<uint8_t>(id[i]);
    to[3 * i + 1] = static_cast<uint8_t>(id[i] >> 8);
    to[3 * i + 2] = static_cast<uint8_t>(id[i] >> 16);
  }
  return rgb;
}

at::Tensor ids_of_rgb(const at::Tensor& rgb) {
  check_shape("rgb", rgb, {kAny, kAny, 3});
  check_dtype("rgb", rgb, at::kByte);
  const at::Tensor from = rgb.cpu().contiguous();
  at::Tensor ids = at::empty({rgb.size(0), rgb.size(1)}, at::kInt);
  const uint8_t* c = from.const_data_ptr<uint8_t>();
  int32_t* to = ids.data_ptr<int32_t>();
  const int64_t pixels = ids.numel();
  int64_t i = 0;
  if constexpr (std::endian::native == std::endian::little) {
    // Four bytes at once, of which the last belongs to the next pixel.
    for (; i + 1 < pixels; ++i) {
      int32_t four;
      std::memcpy(&four, c + 3 * i, sizeof four);
      to[i] = four & 0xFFFFFF;
    }
  }
  for (; i < pixels; ++i) to[i] = c[3 * i] | c[3 * i + 1] << 8 | c[3 * i + 2] << 16;
  return ids;
}

}  // namespace fcclip::image
