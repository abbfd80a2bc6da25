#pragma once
// One output row of the two passes of ops/resize_u8.h, compiled for each instruction set.

#include <cstdint>

#include "fcclip/ops/resize_taps.h"

namespace fcclip::ops {

/// Along a row: in [in_width, channels] -> out [out_width, channels].
using ResizeRowKernel = void (*)(const uint8_t* in, int64_t in_width, uint8_t* out,
                                 int64_t out_width, int64_t channels, const ResizeTaps& filter);
/// Across rows: out[i] from rows[k][i], i < n.
using ResizeColumnKernel = void (*)(const uint8_t* const* rows, const int32_t* taps, int64_t count,
                                    uint8_t* out, int64_t n);

struct ResizeKernels {
  ResizeRowKernel along_row;
  ResizeColumnKernel across_rows;
};

}  // namespace fcclip::ops
