#pragma once
// The filter of one axis of resize_u8.h as plain data, for the processor's and the GPU's kernels.

#include <cstdint>

namespace fcclip::ops {

/// Bits of a filter coefficient: 8 for the pixel and 2 of headroom leave 22 of 32 (Pillow's
/// choice).
inline constexpr int kResizeBits = 22;

/// Output i is sum over k < counts[i] of taps[i * stride + k] * input[starts[i] + k].
struct ResizeTaps {
  const int32_t* starts;
  const int32_t* counts;
  const int32_t* taps;
  int64_t stride;
};

}  // namespace fcclip::ops
