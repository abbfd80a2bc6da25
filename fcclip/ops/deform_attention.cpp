#include "fcclip/ops/deform_attention.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/deform_levels.h"
#include "fcclip/ops/host.h"
#include "fcclip/ops/kept_tensors.h"

namespace fcclip::ops {

DeformLevels deform_levels(at::ArrayRef<Size> sizes) {
  if (sizes.empty() || static_cast<int64_t>(sizes.size()) > kMaxDeformLevels) {
    fail(ErrorCode::shape_mismatch, "deformable attention: expected 1 to ", kMaxDeformLevels,
         " levels, got ", sizes.size());
  }
  DeformLevels levels;
  for (const Size& size : sizes) {
    const int64_t i = levels.count++;
    levels.height[i] = size.height;
    levels.width[i] = size.width;
    if (i + 1 < kMaxDeformLevels) {
      levels.start[i + 1] = levels.start[i] + size.height * size.width;
    }
  }
  return levels;
}

int64_t deform_positions(at::ArrayRef<Size> sizes) {
  int64_t positions = 0;
  for (const Size& size : sizes) positions += size.height * size.width;
  return positions;
}

at::Tensor deform_attention_plain(const at::Tensor& value, at::ArrayRef<Size> levels,
                                  const at::Tensor& locations, const at::Tensor& weights) {
  const int64_t batch = value.size(0), heads = value.size(2), width = value.size(3);
  const int64_t queries = locations.size(1);
  const auto per_head = [&](const at::Tensor& x) { return x.transpose(1, 2).flatten(0, 1); };
  std::vector<at::Tensor> samples;
  int64_t start = 0;
  for (size_t level = 0; level < levels.size(); ++level) {
    const auto [h, w] = levels[level];
    const at::Tensor map = per_head(value.narrow(1, start, h * w))
                               .transpose(1, 2)
                               .reshape({batch * heads, width, h, w});
    const at::Tensor grid = 2 * per_head(locations.select(3, static_cast<int64_t>(level))) - 1;
    samples.push_back(at::grid_sampler(map, grid, 0, 0, false));  // bilinear, zeros outside
    start += h * w;
  }
  const at::Tensor weight = per_head(weights).reshape({batch * heads, 1, queries, -1});
  const at::Tensor sum = (at::cat(samples, -1) * weight).sum(-1);  // [B·M, D, Q]
  return sum.reshape({batch, heads * width, queries}).transpose(1, 2).contiguous();
}

at::Tensor deform_reference_points(at::ArrayRef<Size> levels, at::Device device) {
  const at::TensorOptions options = at::TensorOptions(at::kFloat).device(device);
  const auto centres = [&](int64_t extent) { return (at::arange(extent, options) + 0.5) / extent; };
  std::vector<at::Tensor> points;
  for (const Size& size : levels) {
    const std::vector<int64_t> shape = {size.height, size.width};
    points.push_back(at::stack({centres(size.width).unsqueeze(0).expand(shape),
                                centres(size.height).unsqueeze(1).expand(shape)},
                               -1)
                         .flatten(0, 1));
  }
  return at::cat(points);
}

namespace {

struct PlacesKey {
  std::vector<Size> levels;
  StreamPlace place;
  bool operator==(const PlacesKey&) const = default;
};

// What deform_locations adds and divides by.
struct Places {
  at::Tensor centres;  // [S, 1, 1, 1, 2]
  at::Tensor extents;  // [L, 1, 2]: width and height
};

Places make_places(at::ArrayRef<Size> levels, at::Device device) {
  std::vector<float> extents;
  for (const Size& size : levels) {
    extents.push_back(static_cast<float>(size.width));
    extents.push_back(static_cast<float>(size.height));
  }
  const at::Tensor points = deform_reference_points(levels, device);
  return {points.view({points.size(0), 1, 1, 1, 2}),
          on_device(at::tensor(extents).view({-1, 1, 2}), device)};
}

// Every layer asks: once a size.
Places places_of(at::ArrayRef<Size> levels, at::Device device) {
  constexpr int64_t kMostBytes = 16 << 20;  // a dozen sizes of photographs
  // Never destroyed: at the end of a process a GPU is gone before its tensors.
  static auto& kept = *new KeptTensors<PlacesKey, Places>(kMostBytes);
  return kept.get(
      {levels.vec(), stream_place(device)}, [&] { return make_places(levels, device); },
      [](const Places& places) { return static_cast<int64_t>(places.centres.nbytes()); });
}

}  // namespace

at::Tensor deform_locations(const at::Tensor& offsets, at::ArrayRef<Size> levels) {
  const Places places = places_of(levels, offsets.device());
  return places.centres + offsets / places.extents;
}

}  // namespace fcclip::ops
