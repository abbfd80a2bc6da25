#pragma once
// One step of a bilinear resize along one axis, in the very numbers of the reference.

#include <cstdint>

namespace fcclip::ops {

/// value = (1 − far) · source[near] + far · source[next].
struct LinearTap {
  int64_t near = 0, next = 0;
  float far = 0;
};

/// Tap of output `position` when `from` places become `to` (align_corners = false), in float32.
LinearTap linear_tap(int64_t position, int64_t from, int64_t to);

}  // namespace fcclip::ops
