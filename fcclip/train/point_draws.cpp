#include "fcclip/train/point_draws.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/core/random.h"
#include "fcclip/ops/points.h"

namespace fcclip::train {
PointDraws::PointDraws(const Batch& batch, int64_t queries, int64_t seed, at::Device device)
    : batch_(batch),
      queries_(queries),
      seed_(mix_bits(static_cast<uint64_t>(seed) + kGolden)),
      device_(device) {}

uint64_t PointDraws::state_of(int64_t picture, int64_t layer, int64_t call) const {
  const auto index = static_cast<uint64_t>(batch_.indices.at(picture));
  const uint64_t stream = mix_bits(seed_ ^ mix_bits(index * kGolden));
  return mix_bits(stream + static_cast<uint64_t>(layer * 16 + call) * kGolden);
}

// Per layer first a row a picture for the matcher, then twice a row a matched mask.
at::Tensor PointDraws::operator()(int64_t layer, int64_t rows, int64_t count) {
  const int64_t call = calls_[layer]++;
  std::vector<uint64_t> states;
  for (int64_t i = 0; i < std::ssize(batch_.targets); ++i) {
    const int64_t matched = std::min(batch_.targets[i].labels.size(0), queries_);
    uint64_t state = state_of(i, layer, call);
    for (int64_t row = 0; row < (call == 0 ? 1 : matched); ++row) {
      states.push_back(state);
      state += static_cast<uint64_t>(count) * kGolden;
    }
  }
  const at::Tensor points = ops::uniform_points(states, count, device_);
  check_shape("points", points, {rows, count, 2});
  return points;
}

}  // namespace fcclip::train
