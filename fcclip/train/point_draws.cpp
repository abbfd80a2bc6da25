#include "fcclip/train/point_draws.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/core/random.h"

namespace fcclip::train {
namespace {

void fill(uint64_t state, int64_t count, float* points) {
  for (int64_t k = 0; k < count; ++k) {
    const uint64_t bits = mix_bits(state += kGolden);
    points[2 * k] = static_cast<float>(bits >> 40) * 0x1p-24F;
    points[2 * k + 1] = static_cast<float>((bits >> 16) & 0xffffff) * 0x1p-24F;
  }
}

at::Tensor on_cpu(const std::vector<uint64_t>& states, int64_t count) {
  at::Tensor points = at::empty({std::ssize(states), count, 2}, at::kFloat);
  float* values = points.mutable_data_ptr<float>();
  for (const uint64_t state : states) {
    fill(state, count, values);
    values += 2 * count;
  }
  return points;
}

at::Tensor shifted_right(const at::Tensor& x, int64_t bits) {
  return x.bitwise_right_shift(bits).bitwise_and((int64_t{1} << (64 - bits)) - 1);
}

int64_t as_signed(uint64_t x) {
  return static_cast<int64_t>(x);
}

// mix_bits of every element: signed products and sums wrap to the same bits.
at::Tensor mixed(at::Tensor x) {
  x = x.bitwise_xor(shifted_right(x, 30)).mul(as_signed(kMixFirst));
  x = x.bitwise_xor(shifted_right(x, 27)).mul(as_signed(kMixSecond));
  return x.bitwise_xor(shifted_right(x, 31));
}

at::Tensor from_tensors(const std::vector<uint64_t>& states, int64_t count, at::Device device) {
  const std::vector<int64_t> as_int64(states.begin(), states.end());
  const at::Tensor places = at::arange(1, count + 1, at::TensorOptions(device).dtype(at::kLong));
  const at::Tensor first = at::tensor(as_int64, at::kLong).to(device).unsqueeze(1);
  const at::Tensor bits = mixed(first + places.mul(as_signed(kGolden)));
  const at::Tensor x = shifted_right(bits, 40), y = shifted_right(bits, 16).bitwise_and(0xffffff);
  return at::stack({x, y}, -1).to(at::kFloat).mul_(0x1p-24);
}

}  // namespace

at::Tensor uniform_points(const std::vector<uint64_t>& states, int64_t count, at::Device device,
                          bool by_tensors) {
  return device.is_cpu() && !by_tensors ? on_cpu(states, count)
                                        : from_tensors(states, count, device);
}

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
  const at::Tensor points = uniform_points(states, count, device_);
  check_shape("points", points, {rows, count, 2});
  return points;
}

}  // namespace fcclip::train
