#include "fcclip/train/geometry.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/ops/resize_u8.h"
#include "fcclip/results/rle.h"

namespace fcclip::train {
namespace {

constexpr int64_t kPaddingValue = 128;

// of_rgb(picture), of_map(map) of the ids and of the masks of covered segments.
template <typename OfRgb, typename OfMap>
data::Sample changed(const data::Sample& sample, const OfRgb& of_rgb, const OfMap& of_map) {
  data::Sample out = sample;
  out.rgb = of_rgb(sample.rgb);
  out.ids = of_map(sample.ids);
  for (auto& [id, mask] : out.covered) {
    mask = results::from_mask(of_map(results::to_mask(mask).to(at::kInt)));
  }
  return out;
}

at::Tensor nearest(const at::Tensor& map, Size size, Nearest how) {
  if (how == Nearest::from_centres) return ops::resize_nearest(map, size);
  // Doubles hold every id, and are what the reference hands over.
  return at::upsample_nearest2d(map.to(at::kDouble).unsqueeze(0).unsqueeze(0),
                                {size.height, size.width})
      .squeeze(0)
      .squeeze(0)
      .to(map.scalar_type());
}

at::Tensor squared(const at::Tensor& map, int64_t side, int64_t value) {
  const int64_t height = std::min(map.size(0), side), width = std::min(map.size(1), side);
  std::vector<int64_t> shape = map.sizes().vec();
  shape[0] = shape[1] = side;
  at::Tensor out = at::full(shape, value, map.options());
  out.narrow(0, 0, height).narrow(1, 0, width).copy_(map.narrow(0, 0, height).narrow(1, 0, width));
  return out;
}

}  // namespace

data::Sample flipped(const data::Sample& sample) {
  const auto turn = [](const at::Tensor& map) { return map.flip(1); };
  return changed(sample, turn, turn);
}

data::Sample resized(const data::Sample& sample, Size size, Nearest maps) {
  return changed(
      sample, [&](const at::Tensor& rgb) { return ops::resize_bilinear_u8(rgb, size); },
      [&](const at::Tensor& map) { return nearest(map, size, maps); });
}

data::Sample cropped(const data::Sample& sample, const CropBox& box) {
  const auto cut = [&](const at::Tensor& map) {
    return map.narrow(0, box.top, box.size.height).narrow(1, box.left, box.size.width).contiguous();
  };
  return changed(sample, cut, cut);
}

data::Sample padded(const data::Sample& sample, int64_t side) {
  return changed(
      sample, [&](const at::Tensor& rgb) { return squared(rgb, side, kPaddingValue); },
      [&](const at::Tensor& map) { return squared(map, side, 0); });
}

}  // namespace fcclip::train
