#include "fcclip/scenes/pyramid.h"

#include <algorithm>

namespace fcclip::scenes {
namespace {

/// Four channels of a pixel of `level`, premultiplied when it is not yet.
void add_pixel(const Level& level, int x, int y, bool is_straight, int sum[4]) {
  const uint8_t* pixel = level.rgba + 4 * (static_cast<int64_t>(y) * level.width + x);
  const int alpha = pixel[3];
  for (int c = 0; c < 3; ++c) sum[c] += is_straight ? (pixel[c] * alpha + 127) / 255 : pixel[c];
  sum[3] += alpha;
}

/// Odd sizes: the last row or column counts twice.
std::vector<uint8_t> halved(const Level& from, bool is_straight, Level& to) {
  to.width = (from.width + 1) / 2;
  to.height = (from.height + 1) / 2;
  std::vector<uint8_t> bytes(4 * static_cast<size_t>(to.width) * to.height);
  uint8_t* out = bytes.data();
  for (int y = 0; y < to.height; ++y) {
    const int below = std::min(2 * y + 1, from.height - 1);
    for (int x = 0; x < to.width; ++x, out += 4) {
      const int right = std::min(2 * x + 1, from.width - 1);
      int sum[4] = {2, 2, 2, 2};
      add_pixel(from, 2 * x, 2 * y, is_straight, sum);
      add_pixel(from, right, 2 * y, is_straight, sum);
      add_pixel(from, 2 * x, below, is_straight, sum);
      add_pixel(from, right, below, is_straight, sum);
      for (int c = 0; c < 4; ++c) out[c] = static_cast<uint8_t>(sum[c] / 4);
    }
  }
  to.rgba = bytes.data();
  return bytes;
}

}  // namespace

Pyramid::Pyramid(const at::Tensor& pixels) {
  const auto height = static_cast<int>(pixels.size(0)), width = static_cast<int>(pixels.size(1));
  levels_.push_back({pixels.const_data_ptr<uint8_t>(), width, height});
  while (std::max(levels_.back().width, levels_.back().height) > 1) {
    Level next;
    storage_.push_back(halved(levels_.back(), levels_.size() == 1, next));
    levels_.push_back(next);
  }
  int64_t alpha = 0;
  for (int64_t k = 0; k < int64_t{width} * height; ++k) alpha += levels_[0].rgba[4 * k + 3];
  opaque_px_ = static_cast<double>(alpha) / 255;
}

const Level& Pyramid::at_most(int side) const {
  for (const Level& level : levels_) {
    if (std::max(level.width, level.height) <= side) return level;
  }
  return levels_.back();
}

const Pyramid& Pyramids::get(size_t index, const at::Tensor& pixels) const {
  Slot& slot = slots_.at(index);
  std::call_once(slot.once, [&] { slot.pyramid = std::make_unique<Pyramid>(pixels); });
  return *slot.pyramid;
}

}  // namespace fcclip::scenes
