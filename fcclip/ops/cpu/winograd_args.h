#pragma once
// What the kernels of the Winograd convolution are given. Plain data: the kernels know no tensors.

#include <cstdint>

namespace fcclip::ops {

inline constexpr int64_t kWinogradOut = 4, kWinogradIn = 6;  ///< a tile's sides: 6 in, 4 out
inline constexpr float kWinogradPoint = 0.70710678118654752440f;

/// Tiles of a map, row by row; the map's last ones may reach over the border.
struct WinogradTiles {
  const float* map_in = nullptr;  ///< [height, width, channels]
  float* map_out = nullptr;       ///< [height, width, channels]
  float* planes = nullptr;        ///< 36 of [tiles, channels], `plane` floats apart
  int64_t height = 0, width = 0, channels = 0, plane = 0;
};

}  // namespace fcclip::ops
