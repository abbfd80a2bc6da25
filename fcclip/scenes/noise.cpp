#include "fcclip/scenes/noise.h"

#include <cmath>

namespace fcclip::scenes {
namespace {

double smooth(double t) {
  return t * t * (3 - 2 * t);
}

}  // namespace

Noise::Noise(Random& random, Size size, double wavelength_px, int octaves)
    : width_(size.width / kStep + 2), values_(width_ * (size.height / kStep + 2)) {
  const int64_t height = size.height / kStep + 2;
  double total = 0;
  for (int o = 0; o < octaves; ++o) total += std::ldexp(1.0, -o);
  for (int o = 0; o < octaves; ++o) {
    const double cell = std::ldexp(wavelength_px, -o) / kStep;
    const auto columns = static_cast<int64_t>(width_ / cell) + 2;
    std::vector<double> lattice(columns * (static_cast<int64_t>(height / cell) + 2));
    for (double& value : lattice) value = random.uniform(-1, 1);
    const double weight = std::ldexp(1.0, -o) / total;
    for (int64_t y = 0; y < height; ++y) {
      const auto row = static_cast<int64_t>(y / cell);
      const double b = smooth(y / cell - row);
      for (int64_t x = 0; x < width_; ++x) {
        const auto column = static_cast<int64_t>(x / cell);
        const double a = smooth(x / cell - column);
        const double* corner = &lattice[row * columns + column];
        const double top = corner[0] + a * (corner[1] - corner[0]);
        const double bottom = corner[columns] + a * (corner[columns + 1] - corner[columns]);
        values_[y * width_ + x] += static_cast<float>(weight * (top + b * (bottom - top)));
      }
    }
  }
}

double Noise::at(int64_t x, int64_t y) const {
  const double a = static_cast<double>(x % kStep) / kStep,
               b = static_cast<double>(y % kStep) / kStep;
  const float* corner = &values_[y / kStep * width_ + x / kStep];
  const double top = corner[0] + a * (corner[1] - corner[0]);
  const double bottom = corner[width_] + a * (corner[width_ + 1] - corner[width_]);
  return top + b * (bottom - top);
}

}  // namespace fcclip::scenes
