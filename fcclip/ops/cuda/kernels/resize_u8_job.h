#pragma once
// What the kernels of kernels/resize_u8.cu are given: plain data, the same for who launches them and
// for the kernels.

#include <cstdint>

#include "fcclip/ops/resize_taps.h"

namespace fcclip::ops::cuda {

/// One axis of resize_u8.h. A block writes kResizeThreads neighbouring bytes of an output row; a row
/// takes `chunks` blocks.
struct ResizeJob {
  const uint8_t* in = nullptr;  ///< rows of in_row bytes
  uint8_t* out = nullptr;       ///< rows of out_row bytes, written
  ResizeTaps taps = {};         ///< of columns for resize_rows, of rows for resize_columns
  int32_t in_row = 0, out_row = 0, channels = 0, chunks = 0;
};

/// normalise.h, three channels; blocks as above, of output rows.
struct NormaliseJob {
  const uint8_t* in = nullptr;  ///< [B, height, in_row]
  float* out = nullptr;         ///< [B, padded_height, out_row], written
  float mean[3] = {}, std[3] = {};
  int32_t height = 0, padded_height = 0, in_row = 0, out_row = 0, chunks = 0;
};

/// Threads of a block.
inline constexpr int32_t kResizeThreads = 256;

}  // namespace fcclip::ops::cuda
