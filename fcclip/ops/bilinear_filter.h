#pragma once
// The coefficients of resize_u8.h, the same numbers for every device.

#include <cstdint>
#include <vector>

#include "fcclip/ops/resize_taps.h"

namespace fcclip::ops {

/// The filter of one axis, in 22-bit fixed point.
struct BilinearFilter {
  std::vector<int32_t> starts, counts;  ///< one an output
  std::vector<int32_t> taps;            ///< `stride` an output, zeros behind its count
  int64_t stride = 0;

  ResizeTaps view() const { return {starts.data(), counts.data(), taps.data(), stride}; }
};

/// Pillow's triangle filter from `in` pixels to `out`, both at least 1: computed in double precision,
/// rounded once.
BilinearFilter bilinear_filter(int64_t in, int64_t out);

}  // namespace fcclip::ops
