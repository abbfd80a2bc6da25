#pragma once
// Smooth fractal noise, for borders that are not straight. Internal to the folder.

#include <vector>

#include "fcclip/core/random.h"
#include "fcclip/core/size.h"

namespace fcclip::scenes {

/// Sum of octaves of value noise, each of half the wavelength and half the height of the one
/// before; within ±1.
class Noise {
 public:
  /// wavelength_px: of the first octave.
  Noise(Random& random, Size size, double wavelength_px, int octaves);
  double at(int64_t x, int64_t y) const;

 private:
  static constexpr int kStep = 4;  ///< pixels per stored value; between them it is linear
  int64_t width_;
  std::vector<float> values_;
};

}  // namespace fcclip::scenes
