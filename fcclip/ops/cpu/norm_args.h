#pragma once
// What the kernels of the normalisations are given. Plain data: the kernels know no tensors.

#include <cstdint>

namespace fcclip::ops {

/// out = LayerNorm(x + y); and out + shift into `shifted` where there is a shift. out may be x or
/// y.
struct AddNormRows {
  const float *x = nullptr, *y = nullptr, *weight = nullptr, *bias = nullptr;
  float* out = nullptr;
  int64_t channels = 0;
  float eps = 1e-5f;
};

/// Of the values of one channel: how many, their mean, their squared deviations from it.
struct ChannelMoments {
  double count = 0, mean = 0, squares = 0;
};

/// out = x · scale + shift, per channel. out may be x.
struct ScaleShiftRows {
  const float *x = nullptr, *scale = nullptr, *shift = nullptr;
  float* out = nullptr;
  int64_t channels = 0;
  bool relu = false;
};

/// One output line or column of a bilinear resize.
struct UpsampleTap {
  int64_t low = 0, high = 0;
  float part = 0;  ///< weight of `high`
};

struct UpsampledMap {
  const float* data = nullptr;  ///< [height, width, channels]
  int64_t width = 0, fine_width = 0;
  const UpsampleTap *vertical = nullptr, *horizontal = nullptr;
};

}  // namespace fcclip::ops
