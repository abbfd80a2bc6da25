#include "fcclip/train/points.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "fcclip/core/check.h"

namespace fcclip::train {
namespace {

// The `count` points (x, y) with the smallest values, in their order. Values that are not numbers
// leave places open, which the first points take: the loss will say what is wrong.
void take_smallest(const float* values, const float* points, int64_t total, int64_t count,
                   float* taken) {
  std::vector<float> sorted(total);
  std::transform(values, values + total, sorted.begin(), [](float value) {
    return std::isnan(value) ? std::numeric_limits<float>::infinity() : value;
  });
  std::nth_element(sorted.begin(), sorted.begin() + (count - 1), sorted.end());
  const float limit = sorted[count - 1];
  int64_t ties =
      count - std::count_if(values, values + total, [&](float value) { return value < limit; });
  int64_t done = 0;
  for (int64_t i = 0; i < total && done < count; ++i) {
    if (!(values[i] < limit) && !(values[i] == limit && ties-- > 0)) continue;
    std::copy_n(points + 2 * i, 2, taken + 2 * done++);
  }
  for (int64_t i = 0; done < count; ++i) std::copy_n(points + 2 * i, 2, taken + 2 * done++);
}

// A selection in place of at::topk: half of its time, and no indices to gather by.
at::Tensor choose_on_cpu(const at::Tensor& certainty, const at::Tensor& points, int64_t count) {
  const int64_t masks = certainty.size(0), total = certainty.size(1);
  const at::Tensor values = certainty.contiguous(), places = points.contiguous();
  at::Tensor chosen = at::empty({masks, count, 2}, points.options());
  if (count == 0) return chosen;
  at::parallel_for(0, masks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m) {
      take_smallest(values.const_data_ptr<float>() + m * total,
                    places.const_data_ptr<float>() + m * total * 2, total, count,
                    chosen.mutable_data_ptr<float>() + m * count * 2);
    }
  });
  return chosen;
}

at::Tensor choose(const at::Tensor& certainty, const at::Tensor& points, int64_t count) {
  if (certainty.is_cpu() && certainty.scalar_type() == at::kFloat &&
      points.scalar_type() == at::kFloat) {
    return choose_on_cpu(certainty, points, count);
  }
  const at::Tensor order =
      std::get<1>(certainty.topk(count, 1, /*largest=*/false, /*sorted=*/false));
  return points.gather(1, order.unsqueeze(-1).expand({-1, -1, 2}));
}

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
  const at::Tensor best = choose(certainty, drawn, chosen);
  if (chosen == options.points) return best;
  return at::cat({best, draw(masks, options.points - chosen)}, 1);
}

}  // namespace fcclip::train
