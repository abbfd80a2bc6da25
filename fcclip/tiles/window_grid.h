#pragma once
// Where the windows of a large picture lie.

#include <cstdint>
#include <vector>

#include "fcclip/core/size.h"

namespace fcclip::tiles {

/// How a picture is cut into windows, in pixels.
struct TileOptions {
  int64_t tile = 1024;    ///< side of a window
  int64_t overlap = 128;  ///< that neighbouring windows have in common, at least
};

/// Least side of a window: below, the network's coarsest map is nearly nothing.
inline constexpr int64_t kLeastTile = 64;

/// Throws Error{invalid_argument} for a tile below kLeastTile and an overlap that is negative or more
/// than half the tile.
void check_tiles(const TileOptions& options);

/// Windows along one side of the picture: all of one length, the last one ends where the picture
/// does. Of two neighbours each owns what they have in common up to the middle.
class WindowAxis {
 public:
  WindowAxis(int64_t extent, const TileOptions& options);

  int64_t extent() const { return extent_; }
  int64_t count() const { return static_cast<int64_t>(begins_.size()); }
  int64_t length() const { return length_; }
  /// What window i sees: [begin, end).
  int64_t begin(int64_t i) const { return begins_[static_cast<size_t>(i)]; }
  int64_t end(int64_t i) const { return begin(i) + length_; }
  /// What window i answers for: [owned_begin, owned_end).
  int64_t owned_begin(int64_t i) const { return i == 0 ? 0 : (begin(i) + end(i - 1)) / 2; }
  int64_t owned_end(int64_t i) const { return i + 1 == count() ? extent_ : owned_begin(i + 1); }

 private:
  int64_t extent_, length_;
  std::vector<int64_t> begins_;
};

/// All windows of a picture.
struct WindowGrid {
  WindowGrid(Size size, const TileOptions& options)
      : rows(size.height, options), columns(size.width, options) {}
  WindowAxis rows, columns;
  Size size() const { return {rows.extent(), columns.extent()}; }
  int64_t count() const { return rows.count() * columns.count(); }
};

}  // namespace fcclip::tiles
