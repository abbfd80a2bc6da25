#pragma once
// What the kernels of kernels/mask_results.cu are given: plain data, the same for who launches them
// and for the kernels. Pixels of the original and runs are counted in 32 bits.

#include <cstdint>

#include "fcclip/ops/mask_taps.h"

namespace fcclip::ops::cuda {

/// The masks of a picture and where its pixels find them.
struct MaskGrid {
  const float* logits = nullptr;      ///< [Q, mask_height, mask_width]
  const MaskTaps* rows = nullptr;     ///< [height]
  const MaskTaps* columns = nullptr;  ///< [width]
  int32_t mask_height = 0, mask_width = 0, height = 0, width = 0;
};

/// upsampled_masks.h, MaskWinners; of the rows from first_row on, as many as the grid covers.
struct WinnersJob {
  MaskGrid grid;
  const float* scores = nullptr;      ///< [queries]
  int32_t* codes = nullptr;           ///< [height, width], written
  int32_t* pixels_of_code = nullptr;  ///< [2 · queries], added to
  int32_t* pixels_inside = nullptr;   ///< [queries], added to
  int32_t queries = 0, first_row = 0;
};

/// upsampled_masks.h, best_classes; rows as above.
struct ClassesJob {
  MaskGrid grid;
  const float* weights = nullptr;  ///< [groups, queries, kMaskClasses], zeros behind the last class
  int32_t* labels = nullptr;       ///< [height, width], written
  int32_t queries = 0, groups = 0, first_row = 0;
};

/// Where masks begin and end down their columns; a picture's columns are cut into `segments` of
/// kMaskRunRows rows. The grid's second axis counts queries, its first one tiles: those of one band
/// of segments, tiles_x of them, one after another.
struct RunsJob {
  MaskGrid grid;
  const int32_t* queries = nullptr;
  int32_t* changes = nullptr;  ///< [queries, width, segments]: how many, written by the first pass
  float* sums = nullptr;       ///< the same: Σ of the sigmoids inside, written by the first pass
  const int64_t* ends = nullptr;  ///< the same: sums of `changes` up to and with this one
  int32_t* positions = nullptr;   ///< of all changes: x · height + y, written by the second pass
  int32_t segments = 0, tiles_x = 0;
};

/// A block is a tile of this many pixels, or columns and segments; a warp is a row of it.
inline constexpr int32_t kMaskTileWidth = 32, kMaskTileHeight = 8;
/// Rows that a thread walks down for run lengths.
inline constexpr int32_t kMaskRunRows = 64;
/// Classes that a thread sums at once.
inline constexpr int32_t kMaskClasses = 8;
/// Queries whose sigmoids a block holds at once.
inline constexpr int32_t kMaskQueries = 256;

}  // namespace fcclip::ops::cuda
