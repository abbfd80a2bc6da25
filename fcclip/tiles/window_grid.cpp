#include "fcclip/tiles/window_grid.h"

#include <algorithm>

#include "fcclip/core/error.h"

namespace fcclip::tiles {

void check_tiles(const TileOptions& options) {
  if (options.tile < kLeastTile) {
    fail(ErrorCode::invalid_argument, "a tile of ", options.tile, " pixels: expected ", kLeastTile,
         " or more");
  }
  if (options.overlap < 0 || options.overlap > options.tile / 2) {
    fail(ErrorCode::invalid_argument, "an overlap of ", options.overlap, " pixels: expected 0 to ",
         options.tile / 2, ", half the tile");
  }
}

WindowAxis::WindowAxis(int64_t extent, const TileOptions& options)
    : extent_(extent), length_(std::min(extent, options.tile)) {
  const int64_t step = options.tile - options.overlap;
  for (int64_t begin = 0; begin + length_ < extent; begin += step) begins_.push_back(begin);
  begins_.push_back(extent - length_);
}

}  // namespace fcclip::tiles
