#include "fcclip/train/point_draws.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/world/random.h"

namespace fcclip::train {
namespace {

// Two numbers of 24 bits from every 64: a third of the time of LibTorch's Mersenne twister.
at::Tensor uniform(uint64_t key, at::IntArrayRef shape) {
  at::Tensor numbers = at::empty(shape, at::kFloat);
  float* values = numbers.mutable_data_ptr<float>();
  const int64_t count = numbers.numel();
  world::Random random(key, 0);
  for (int64_t i = 0; i < count; i += 2) {
    const uint64_t bits = random.bits();
    values[i] = static_cast<float>(bits >> 40) * 0x1p-24F;
    if (i + 1 < count) values[i + 1] = static_cast<float>((bits >> 16) & 0xffffff) * 0x1p-24F;
  }
  return numbers;
}

}  // namespace

PointDraws::PointDraws(const Batch& batch, int64_t queries, int64_t seed, at::Device device)
    : batch_(batch),
      queries_(queries),
      seed_(world::mix_bits(static_cast<uint64_t>(seed) + world::kGolden)),
      device_(device) {}

at::Tensor PointDraws::draw(int64_t picture, int64_t layer, int64_t call,
                            at::IntArrayRef shape) const {
  const auto index = static_cast<uint64_t>(batch_.indices.at(picture));
  const uint64_t stream = world::mix_bits(seed_ ^ world::mix_bits(index * world::kGolden));
  const uint64_t key = stream + static_cast<uint64_t>(layer * 16 + call) * world::kGolden;
  if (device_.is_cpu()) return uniform(key, shape);
  at::Generator generator = at::globalContext().defaultGenerator(device_).clone();
  generator.set_current_seed(key);
  return at::rand(shape, generator, at::TensorOptions(device_).dtype(at::kFloat));
}

// Per layer first one draw a picture for the matcher, then two for all matched masks.
at::Tensor PointDraws::operator()(int64_t layer, int64_t rows, int64_t count) {
  const auto pictures = static_cast<int64_t>(batch_.targets.size());
  const int64_t call = calls_[layer]++;
  if (call < pictures) return draw(call, layer, 0, {rows, count, 2});
  std::vector<at::Tensor> parts;
  for (int64_t i = 0; i < pictures; ++i) {
    const int64_t matched = std::min(batch_.targets[i].labels.size(0), queries_);
    parts.push_back(draw(i, layer, 1 + call - pictures, {matched, count, 2}));
  }
  return at::cat(parts);
}

}  // namespace fcclip::train
