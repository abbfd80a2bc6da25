#include "fcclip/scenes/regions.h"

#include <algorithm>
#include <cmath>

#include "fcclip/scenes/noise.h"

namespace fcclip::scenes {
namespace {

double short_side(Size size) {
  return static_cast<double>(std::min(size.height, size.width));
}

/// The shape with its border moved by noise. shape(x, y): signed distance to the border in pixels,
/// roughly, above 0 inside the region.
template <typename Shape>
Coverage cover(Random& random, Size size, const Shape& shape) {
  const double side = short_side(size);
  // A quarter of the borders is straight: edges of walls, floors.
  const double height = random.chance(0.25) ? 0 : side * random.uniform(0.01, 0.09);
  const Noise noise(random, size, side * random.uniform(0.12, 0.5), 4);
  Coverage coverage(size.height * size.width);
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) {
      double inside = shape(x + 0.5, y + 0.5);
      if (std::abs(inside) < height + 1) inside += height * noise.at(x, y);
      coverage[y * size.width + x] = static_cast<float>(std::clamp(inside + 0.5, 0.0, 1.0));
    }
  }
  return coverage;
}

/// Below a line that falls or rises a little.
auto horizon(Random& random, Size size) {
  const double y0 = size.height * random.uniform(0.25, 0.72), slope = random.uniform(-0.12, 0.12);
  const double middle = 0.5 * size.width;
  return [=](double x, double y) { return y - y0 - slope * (x - middle); };
}

/// Left or right of a steep line.
auto wall(Random& random, Size size) {
  const double x0 = size.width * random.uniform(0.25, 0.75), slope = random.uniform(-0.25, 0.25);
  const double side = random.chance(0.5) ? 1 : -1, middle = 0.5 * size.height;
  return [=](double x, double y) { return side * (x - x0 - slope * (y - middle)); };
}

/// A curved band from the lower edge upwards, narrower towards its far end.
auto path(Random& random, Size size) {
  const double top = size.height * random.uniform(0.0, 0.6);
  const double far_x = size.width * random.uniform(0.1, 0.9);
  const double near_x = size.width * random.uniform(0.1, 0.9);
  const double bend = size.width * random.uniform(-0.2, 0.2);
  const double near_half = size.width * random.uniform(0.08, 0.25);
  const double far_half = near_half * random.uniform(0.15, 0.8);
  const double length = size.height - top;
  return [=](double x, double y) {
    const double t = std::clamp((y - top) / length, 0.0, 1.0);
    const double centre = far_x + (near_x - far_x) * t + bend * 4 * t * (1 - t);
    const double half = far_half + (near_half - far_half) * t;
    return std::min(half - std::abs(x - centre), y - top);
  };
}

/// An ellipse: a puddle, a rug, a bed of flowers.
auto patch(Random& random, Size size) {
  const double cx = size.width * random.uniform(0.05, 0.95);
  const double cy = size.height * random.uniform(0.2, 0.95);
  const double rx = size.width * random.uniform(0.15, 0.45);
  const double ry = rx * random.uniform(0.4, 1.1), r = std::min(rx, ry);
  return [=](double x, double y) {
    const double u = (x - cx) / rx, v = (y - cy) / ry;
    return r * (1 - std::sqrt(u * u + v * v));
  };
}

int64_t count_of(Random& random) {
  const double u = random.uniform();  // 1: 20 %, 2: 40 %, 3: 25 %, 4: 15 %
  return u < 0.2 ? 1 : u < 0.6 ? 2 : u < 0.85 ? 3 : 4;
}

}  // namespace

std::vector<Region> make_regions(Random& random, Size size) {
  const int64_t count = count_of(random);
  std::vector<Region> regions(count);
  regions[0].coverage.assign(size.height * size.width, 1.0f);
  if (count == 1) return regions;
  if (random.chance(0.7)) {
    regions[0].role = Role::backdrop;
    regions[1] = {Role::ground, cover(random, size, horizon(random, size))};
  } else {
    regions[1].coverage = cover(random, size, wall(random, size));
  }
  for (int64_t k = 2; k < count; ++k) {
    const double u = random.uniform();
    if (u < 0.45) {
      regions[k] = {Role::ground, cover(random, size, path(random, size))};
    } else if (u < 0.85) {
      regions[k] = {Role::ground, cover(random, size, patch(random, size))};
    } else {
      regions[k] = {Role::backdrop, cover(random, size, wall(random, size))};
    }
  }
  return regions;
}

}  // namespace fcclip::scenes
