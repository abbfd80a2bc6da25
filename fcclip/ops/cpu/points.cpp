#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/random.h"
#include "fcclip/ops/cpu/ops.h"

namespace fcclip::ops::cpu {
namespace {

void fill_points(uint64_t state, int64_t count, float* points) {
  for (int64_t k = 0; k < count; ++k) {
    const uint64_t bits = mix_bits(state += kGolden);
    points[2 * k] = static_cast<float>(bits >> 40) * 0x1p-24F;
    points[2 * k + 1] = static_cast<float>((bits >> 16) & 0xffffff) * 0x1p-24F;
  }
}

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

}  // namespace

at::Tensor uniform_points(const std::vector<uint64_t>& states, int64_t count) {
  at::Tensor points = at::empty({std::ssize(states), count, 2}, at::kFloat);
  float* values = points.mutable_data_ptr<float>();
  for (const uint64_t state : states) {
    fill_points(state, count, values);
    values += 2 * count;
  }
  return points;
}

// A selection in place of at::topk: half of its time, and no indices to gather by.
at::Tensor smallest_points(const at::Tensor& certainty, const at::Tensor& points, int64_t count) {
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

}  // namespace fcclip::ops::cpu
