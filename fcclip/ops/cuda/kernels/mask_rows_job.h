#pragma once
// What the kernels of kernels/mask_rows.cu are given: plain data, the same for who launches them and
// for the kernels.

#include <cstdint>

namespace fcclip::ops::cuda {

/// A block reads one row twice: a mask's logits.
struct MaskRowsJob {
  const float* logits = nullptr;  ///< [rows, places]
  float* shares = nullptr;        ///< the same, written by mask_shares
  uint8_t* blocked = nullptr;     ///< the same, 0 or 1, written by mask_blocked
  float epsilon = 0;              ///< added to a row's count
  int32_t places = 0;
};

/// Threads of a block.
inline constexpr int32_t kMaskRowThreads = 256;

}  // namespace fcclip::ops::cuda
