#include "fcclip/train/points.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/points.h"

namespace fcclip::train {
namespace {

at::Tensor bilinear(const at::Tensor& maps, const at::Tensor& points) {
  const at::Tensor grid = (2.0 * points - 1.0).unsqueeze(2);  // [N, P, 1, 2]
  constexpr int64_t kBilinear = 0, kZeros = 0;
  return at::grid_sampler(maps, grid, kBilinear, kZeros, /*align_corners=*/false).squeeze(3);
}

}  // namespace

at::Tensor sample_points(const at::Tensor& maps, const at::Tensor& points) {
  check_shape("points", points, {maps.size(0), kAny, 2});
  return bilinear(maps.unsqueeze(1), points).squeeze(1);
}

at::Tensor sample_channels(const at::Tensor& maps, const at::Tensor& points) {
  check_shape("points", points, {maps.size(0), kAny, 2});
  return bilinear(maps, points);
}

at::Tensor uncertain_points(const at::Tensor& mask_logits, const PointOptions& options,
                            const DrawPoints& draw) {
  const c10::NoGradGuard no_gradient;
  const int64_t masks = mask_logits.size(0);
  const auto candidates =
      static_cast<int64_t>(static_cast<double>(options.points) * options.oversample_ratio);
  const auto chosen =
      static_cast<int64_t>(options.importance_ratio * static_cast<double>(options.points));
  const at::Tensor drawn = draw(masks, candidates);
  const at::Tensor certainty = sample_points(mask_logits.detach(), drawn).abs();
  const at::Tensor best = ops::smallest_points(certainty, drawn, chosen);
  if (chosen == options.points) return best;
  return at::cat({best, draw(masks, options.points - chosen)}, 1);
}

}  // namespace fcclip::train
