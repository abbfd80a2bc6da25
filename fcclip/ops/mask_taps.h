#pragma once
// Where a pixel of the original picture finds its mask logit along one axis. Plain data, for the
// kernels of every device.

#include <cstdint>

namespace fcclip::ops {

/// value = Σ weight[i] · source[index[i]]; indices ascend, unused taps have weight 0.
struct alignas(16) MaskTaps {  // a GPU reads four numbers at once
  int32_t index[4];
  float weight[4];
};

}  // namespace fcclip::ops
