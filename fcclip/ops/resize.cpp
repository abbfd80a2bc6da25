#include "fcclip/ops/resize.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"

namespace fcclip::ops {

at::Tensor resize_map(const at::Tensor& map, Size size) {
  check_shape("resize_map: map", map, {kAny, kAny, kAny, kAny});
  if (map.size(1) == size.height && map.size(2) == size.width) return map;
  // Seen as [B, C, H, W] this is channels last, which ATen resizes without a copy.
  const at::Tensor resized =
      at::upsample_bilinear2d(map.permute({0, 3, 1, 2}), {size.height, size.width}, false);
  return resized.permute({0, 2, 3, 1}).contiguous();
}

at::Tensor resize_planes(const at::Tensor& planes, Size size) {
  check_shape("resize_planes: planes", planes, {kAny, kAny, kAny, kAny});
  if (planes.size(2) == size.height && planes.size(3) == size.width) return planes;
  return at::upsample_bilinear2d(planes, {size.height, size.width}, false);
}

}  // namespace fcclip::ops
