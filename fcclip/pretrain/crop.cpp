#include "fcclip/pretrain/crop.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

namespace fcclip::pretrain {
namespace {

constexpr double kNativeShare = 0.5;  // of the crops whose pixels are the scene's own
constexpr double kRegionCover = 0.4;
constexpr int kTries = 12;

// A square of this side with its centre near (x, y), inside the scene.
Square place(const at::Tensor& ids, double x, double y, double side) {
  const int64_t height = ids.size(0), width = ids.size(1);
  Square square;
  square.side = std::clamp<int64_t>(std::lround(side), 8, std::min(height, width));
  const auto inside = [&](double centre, int64_t length) {
    return std::clamp<int64_t>(std::lround(centre - 0.5 * square.side), 0, length - square.side);
  };
  square.x = inside(x, width);
  square.y = inside(y, height);
  return square;
}

}  // namespace

std::vector<Extent> measure_segments(const at::Tensor& ids, int64_t most) {
  const int64_t height = ids.size(0), width = ids.size(1);
  std::vector<Extent> extents(most + 1, Extent{0, width, height, 0, 0});
  const int32_t* row = ids.const_data_ptr<int32_t>();
  for (int64_t y = 0; y < height; ++y, row += width) {
    for (int64_t x = 0; x < width; ++x) {
      Extent& extent = extents[std::clamp<int64_t>(row[x], 0, most)];
      ++extent.area;
      extent.left = std::min(extent.left, x);
      extent.right = std::max(extent.right, x + 1);
      extent.top = std::min(extent.top, y);
      extent.bottom = y + 1;
    }
  }
  return extents;
}

std::vector<int64_t> count_inside(const at::Tensor& ids, const Square& square, int64_t most) {
  std::vector<int64_t> counts(most + 1);
  const int64_t width = ids.size(1);
  const int32_t* first = ids.const_data_ptr<int32_t>() + square.y * width + square.x;
  for (int64_t y = 0; y < square.side; ++y, first += width) {
    for (int64_t x = 0; x < square.side; ++x) ++counts[std::clamp<int64_t>(first[x], 0, most)];
  }
  return counts;
}

Square draw_thing_square(const at::Tensor& ids, const Extent& extent, const CropOptions& options,
                         Random& random) {
  const double longest = static_cast<double>(extent.longest()), side = options.side;
  double length = longest * random.uniform(1.0, options.most_context);
  if (random.chance(kNativeShare) && longest < side &&
      side < options.most_context * longest * 1.2) {
    length = side;
  }
  length = std::clamp(length, side / options.most_enlarged, side * options.most_reduced);
  // The subject stays inside where it fits; a larger one is cut.
  const double slack = 0.5 * std::abs(length - longest) + 0.05 * length;
  const double x = 0.5 * (extent.left + extent.right) + random.uniform(-slack, slack) * 0.9;
  const double y = 0.5 * (extent.top + extent.bottom) + random.uniform(-slack, slack) * 0.9;
  return place(ids, x, y, length);
}

std::optional<Square> draw_region_square(const at::Tensor& ids, int64_t id,
                                         const CropOptions& options, Random& random) {
  const int32_t* values = ids.const_data_ptr<int32_t>();
  const int64_t width = ids.size(1);
  for (int i = 0; i < kTries; ++i) {
    int64_t at = random.below(ids.numel());
    if (values[at] != id) continue;
    const double length = options.side * std::exp2(random.uniform(-1.0, 1.0));
    const Square square = place(ids, at % width, at / width, length);
    int64_t covered = 0;
    for (int64_t y = 0; y < square.side; ++y) {
      const int32_t* row = values + (square.y + y) * width + square.x;
      covered += std::count(row, row + square.side, static_cast<int32_t>(id));
    }
    if (covered >= kRegionCover * square.side * square.side) return square;
  }
  return std::nullopt;
}

}  // namespace fcclip::pretrain
