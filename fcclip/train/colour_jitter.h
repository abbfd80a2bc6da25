#pragma once
// SSD's colour jitter (Liu et al. 2016), as PointRend's ColorAugSSDTransform has it.

#include <cstdint>
#include <optional>

#include <ATen/core/Tensor.h>

#include "fcclip/core/random.h"

namespace fcclip::train {

/// What is done to a picture's colours; nothing: that step is left out.
struct ColourShift {
  std::optional<double> brightness;  ///< added; −32 to 32
  std::optional<double> contrast;    ///< factor; 0.5 to 1.5
  std::optional<double> saturation;  ///< factor; 0.5 to 1.5
  std::optional<int64_t> hue;        ///< of 180 on the circle, added; −18 to 18
  bool contrast_first = true;        ///< before saturation and hue; else behind them
};

/// Each step half of the time.
ColourShift draw_colours(Random& random);

/// rgb [H, W, 3] uint8 -> the same. Every step rounds down to whole values, hue and saturation by
/// way of OpenCV's 8-bit HSV, as the reference computes. Throws Error{shape_mismatch}.
at::Tensor shift_colours(const at::Tensor& rgb, const ColourShift& shift);

}  // namespace fcclip::train
