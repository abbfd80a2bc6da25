#pragma once
// Where a pixel of the original image finds its mask logit (ops/composed_taps.h), in tiles.

#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/ops/cpu/mask_rows.h"
#include "fcclip/ops/mask_taps.h"
#include "fcclip/ops/upsampled_masks.h"

namespace fcclip::ops::cpu {

/// Rows [y, y + height) of the original and the mask rows they need.
struct TileRows {
  int64_t y = 0, height = 0;
  int64_t source_row = 0, source_rows = 0;
};

/// Columns [x, x + width) of the original, and how to get them from mask columns.
struct TileColumns {
  int64_t x = 0, width = 0;
  int64_t padded_width = 0;  ///< width rounded up to whole groups
  int64_t source_column = 0, source_columns = 0;
  std::vector<ColumnGroup> groups;
  std::vector<float> weights;
  ColumnGroups view() const {
    return {groups.data(), static_cast<int64_t>(groups.size()), weights.data()};
  }
};

/// Smallest and largest logit that a tile of one mask can hold.
struct Bounds {
  float low = 0, high = 0;
};

/// All resizes between the masks of a picture and its pixels.
class MaskGeometry {
 public:
  /// The logits come to the host here. Sizes are checked already.
  explicit MaskGeometry(const MaskSource& source);

  Size original() const { return original_; }
  int64_t queries() const { return queries_; }
  /// The mask of one query, [h, w] contiguous.
  const float* mask(int64_t query) const;

  TileRows rows(int64_t y, int64_t height) const;
  TileColumns columns(int64_t x, int64_t width) const;
  /// Tiles that cover the original, each about `cells` mask cells wide and high, within the limit.
  std::vector<TileRows> row_tiles(double cells, int64_t limit) const;
  std::vector<TileColumns> column_tiles(double cells, int64_t limit) const;

  /// An interval that surely holds every logit of the tile, rounding included.
  Bounds bounds(int64_t query, const TileRows& rows, const TileColumns& columns) const;

  const MaskTaps& row_taps(int64_t y) const { return taps_y_[static_cast<size_t>(y)]; }
  int64_t stride() const { return mask_size_.width; }

 private:
  at::Tensor logits_;
  const float* data_ = nullptr;
  int64_t queries_ = 0;
  Size mask_size_, original_;
  std::vector<MaskTaps> taps_y_, taps_x_;
};

/// One mask in one tile: columns resized, rows blended on demand. Reused from tile to tile.
class TileMask {
 public:
  explicit TileMask(const MaskGeometry& geometry) : geometry_(geometry) {}
  void load(int64_t query, const TileRows& rows, const TileColumns& columns);
  /// Row y (0 … height − 1) of the tile for the row kernels.
  RowBlend row(int64_t y) const;

 private:
  const MaskGeometry& geometry_;
  TileRows rows_;
  int64_t width_ = 0;
  std::vector<float> buffer_;
};

}  // namespace fcclip::ops::cpu
