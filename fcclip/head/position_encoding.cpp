#include "fcclip/head/position_encoding.h"

#include <numbers>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/ops/kept_tensors.h"

namespace fcclip::head {
namespace {

constexpr double kTemperature = 10000;
constexpr double kExtentEpsilon = 1e-6;

// [extent, channels]: an axis depends on its own coordinate alone, so H + W rows are enough for H ·
// W places.
at::Tensor axis_positions(int64_t extent, int64_t channels, at::Device device) {
  const at::TensorOptions options = at::TensorOptions(at::kFloat).device(device);
  const at::Tensor place = at::arange(1, extent + 1, options);
  const at::Tensor angle = place / (place[extent - 1] + kExtentEpsilon) * (2 * std::numbers::pi);
  const at::Tensor index = at::arange(channels / 2, options);
  const at::Tensor period = at::pow(kTemperature, 2 * index / static_cast<double>(channels));
  const at::Tensor phase = angle.unsqueeze(1) / period;
  return at::stack({phase.sin(), phase.cos()}, 2).flatten(1);
}

struct PositionsKey {
  Size size;
  int64_t channels;
  ops::StreamPlace place;
  bool operator==(const PositionsKey&) const = default;
};

at::Tensor map_positions(Size size, int64_t channels, at::Device device) {
  const int64_t half = channels / 2;
  const at::Tensor y = axis_positions(size.height, half, device).unsqueeze(1);
  const at::Tensor x = axis_positions(size.width, half, device).unsqueeze(0);
  const std::vector<int64_t> shape = {size.height, size.width, half};
  return at::cat({y.expand(shape), x.expand(shape)}, 2);
}

}  // namespace

at::Tensor sine_positions(Size size, int64_t channels, at::Device device) {
  if (channels <= 0 || channels % 4 != 0 || size.height <= 0 || size.width <= 0) {
    fail(ErrorCode::invalid_argument,
         "sine_positions: expected channels in multiples of 4 and a map with ", "places, got ",
         channels, " channels for ", size.height, "x", size.width);
  }
  // Three maps of a photograph take 12 MB; both decoders ask for each of them.
  constexpr int64_t kMostBytes = 32 << 20;
  // Never destroyed: at the end of a process a GPU is gone before its tensors.
  static auto& kept = *new ops::KeptTensors<PositionsKey, at::Tensor>(kMostBytes);
  return kept.get(
      {size, channels, ops::stream_place(device)},
      [&] { return map_positions(size, channels, device); },
      [](const at::Tensor& map) { return static_cast<int64_t>(map.nbytes()); });
}

Size size_of(const at::Tensor& map) {
  return {map.size(1), map.size(2)};
}

}  // namespace fcclip::head
