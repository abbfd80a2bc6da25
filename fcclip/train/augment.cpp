#include "fcclip/train/augment.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "fcclip/ops/resize_u8.h"
#include "fcclip/train/short_edge.h"

namespace fcclip::train {
namespace {

constexpr int64_t kPaddingGrey = 128;

Size jittered(Size size, const AugmentOptions& options, double scale) {
  const double target = scale * static_cast<double>(options.crop_size);
  const double factor = std::min(target / size.height, target / size.width);
  const auto side = [&](int64_t value) {
    return std::max<int64_t>(1, std::lrint(factor * static_cast<double>(value)));
  };
  return {side(size.height), side(size.width)};
}

// One number for both axes: a crop of a square picture lies on its diagonal.
int64_t offset(int64_t length, int64_t crop, double position) {
  return std::lrint(static_cast<double>(std::max<int64_t>(length - crop, 0)) * position);
}

at::Tensor cut(const at::Tensor& map, int64_t crop, double position, int64_t padding) {
  at::Tensor out = map;
  for (const int64_t axis : {0, 1}) {
    const int64_t length = out.size(axis);
    out = out.narrow(axis, offset(length, crop, position), std::min(length, crop));
  }
  std::vector<int64_t> shape = map.sizes().vec();
  shape[0] = shape[1] = crop;
  at::Tensor padded = at::full(shape, padding, map.options());
  padded.narrow(0, 0, out.size(0)).narrow(1, 0, out.size(1)).copy_(out);
  return padded;
}

data::Sample large_scale_view(const data::Sample& sample, const AugmentOptions& options,
                              Random& random) {
  data::Sample out = sample;
  const bool flipped = options.flip && random.chance(0.5);
  if (flipped) {
    out.rgb = out.rgb.flip(1);
    out.ids = out.ids.flip(1);
  }
  const Size size = jittered({sample.rgb.size(0), sample.rgb.size(1)}, options,
                             random.uniform(options.min_scale, options.max_scale));
  const double position = random.uniform();
  const at::Tensor rgb = ops::resize_bilinear_u8(out.rgb, size);
  const auto placed = [&](const at::Tensor& map) {
    return cut(ops::resize_nearest(map, size), options.crop_size, position, 0);
  };
  out.rgb = cut(rgb, options.crop_size, position, kPaddingGrey);
  out.ids = placed(out.ids);
  for (auto& [id, mask] : out.covered) {
    at::Tensor pixels = results::to_mask(mask).to(at::kInt);
    if (flipped) pixels = pixels.flip(1);
    mask = results::from_mask(placed(pixels));
  }
  return out;
}

}  // namespace

data::Sample augment(const data::Sample& sample, const AugmentOptions& options, Random& random) {
  return options.mapper == Mapper::short_edge ? short_edge_view(sample, options, random)
                                              : large_scale_view(sample, options, random);
}

}  // namespace fcclip::train
