#include "fcclip/ops/cpu/mask_geometry.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/round_up.h"
#include "fcclip/ops/composed_taps.h"
#include "fcclip/ops/cpu/ops.h"
#include "fcclip/ops/host.h"

namespace fcclip::ops::cpu {
namespace {

int64_t tile_extent(double pixels_per_cell, double cells, int64_t limit) {
  const double wanted = std::min(pixels_per_cell * cells, static_cast<double>(limit));
  return std::max<int64_t>(1, std::llround(wanted));
}

}  // namespace

MaskGeometry::MaskGeometry(const MaskSource& source) {
  logits_ = briefly_on_host(source.mask_logits.to(at::kFloat));
  data_ = logits_.const_data_ptr<float>();
  queries_ = logits_.size(0);
  mask_size_ = {logits_.size(1), logits_.size(2)};
  original_ = source.original;
  taps_y_ = composed_taps(mask_size_.height, source.padded.height, source.resized.height,
                          original_.height);
  taps_x_ =
      composed_taps(mask_size_.width, source.padded.width, source.resized.width, original_.width);
}

const float* MaskGeometry::mask(int64_t query) const {
  return data_ + query * mask_size_.height * mask_size_.width;
}

TileRows MaskGeometry::rows(int64_t y, int64_t height) const {
  TileRows tile = {y, height, mask_size_.height, 0};
  int64_t last = 0;
  for (int64_t i = y; i < y + height; ++i) {
    for (const int32_t index : row_taps(i).index) {
      tile.source_row = std::min<int64_t>(tile.source_row, index);
      last = std::max<int64_t>(last, index);
    }
  }
  tile.source_rows = last - tile.source_row + 1;
  return tile;
}

TileColumns MaskGeometry::columns(int64_t x, int64_t width) const {
  TileColumns tile;
  tile.x = x;
  tile.width = width;
  tile.padded_width = round_up(width, kRowGroup);
  int64_t first = mask_size_.width, last = 0;
  for (int64_t begin = 0; begin < width; begin += kRowGroup) {
    const int64_t end = std::min(begin + kRowGroup, width);
    int32_t low = static_cast<int32_t>(mask_size_.width), high = 0;
    for (int64_t i = begin; i < end; ++i) {
      const MaskTaps& taps = taps_x_[static_cast<size_t>(x + i)];
      low = std::min(low, *std::min_element(taps.index, taps.index + 4));
      high = std::max(high, *std::max_element(taps.index, taps.index + 4));
    }
    ColumnGroup group = {low, high - low + 1, static_cast<int64_t>(tile.weights.size())};
    tile.weights.resize(tile.weights.size() + static_cast<size_t>(group.count * kRowGroup));
    for (int64_t i = begin; i < end; ++i) {
      const MaskTaps& taps = taps_x_[static_cast<size_t>(x + i)];
      for (int t = 0; t < 4; ++t) {
        const int64_t at = (taps.index[t] - low) * kRowGroup + i - begin;
        tile.weights[static_cast<size_t>(group.weights + at)] += taps.weight[t];
      }
    }
    tile.groups.push_back(group);
    first = std::min<int64_t>(first, low);
    last = std::max<int64_t>(last, high);
  }
  tile.source_column = first;
  tile.source_columns = last - first + 1;
  return tile;
}

std::vector<TileRows> MaskGeometry::row_tiles(double cells, int64_t limit) const {
  const double per_cell = static_cast<double>(original_.height) / mask_size_.height;
  const int64_t extent = tile_extent(per_cell, cells, limit);
  std::vector<TileRows> tiles;
  for (int64_t y = 0; y < original_.height; y += extent) {
    tiles.push_back(rows(y, std::min(extent, original_.height - y)));
  }
  return tiles;
}

std::vector<TileColumns> MaskGeometry::column_tiles(double cells, int64_t limit) const {
  const double per_cell = static_cast<double>(original_.width) / mask_size_.width;
  const int64_t groups = (tile_extent(per_cell, cells, limit) + kRowGroup / 2) / kRowGroup;
  const int64_t extent = std::max<int64_t>(groups, 1) * kRowGroup;
  std::vector<TileColumns> tiles;
  for (int64_t x = 0; x < original_.width; x += extent) {
    tiles.push_back(columns(x, std::min(extent, original_.width - x)));
  }
  return tiles;
}

Bounds MaskGeometry::bounds(int64_t query, const TileRows& rows, const TileColumns& columns) const {
  const float* corner = mask(query) + rows.source_row * mask_size_.width + columns.source_column;
  float range[2];
  mask_row_kernels().min_max(corner, mask_size_.width, rows.source_rows, columns.source_columns,
                             range);
  // A blend of values stays between them but for rounding: a few units in the last place.
  const float slack = 4e-6f * std::max(std::abs(range[0]), std::abs(range[1]));
  return {range[0] - slack, range[1] + slack};
}

void TileMask::load(int64_t query, const TileRows& rows, const TileColumns& columns) {
  rows_ = rows;
  width_ = columns.padded_width;
  buffer_.resize(std::max(buffer_.size(), static_cast<size_t>(rows.source_rows * width_)));
  const auto resize = mask_row_kernels().resize_columns;
  const ColumnGroups groups = columns.view();
  const float* from = geometry_.mask(query) + rows.source_row * geometry_.stride();
  for (int64_t r = 0; r < rows.source_rows; ++r) {
    float* to = buffer_.data() + r * width_;
    resize(from + r * geometry_.stride(), groups, to);
    std::fill(to + columns.width, to + width_, kOutsideLogit);
  }
}

RowBlend TileMask::row(int64_t y) const {
  const MaskTaps& taps = geometry_.row_taps(rows_.y + y);
  RowBlend blend;
  for (int t = 0; t < 4; ++t) {
    blend.row[t] = buffer_.data() + (taps.index[t] - rows_.source_row) * width_;
    blend.weight[t] = taps.weight[t];
  }
  return blend;
}

namespace {

at::Tensor read_region(const MaskGeometry& geometry, const std::vector<int64_t>& queries,
                       const Region& region, MaskValue value) {
  const int64_t n = static_cast<int64_t>(queries.size());
  at::Tensor out = at::empty({n, region.height, region.width}, at::kFloat);
  float* to = out.data_ptr<float>();
  const TileRows rows = geometry.rows(region.y, region.height);
  const TileColumns columns = geometry.columns(region.x, region.width);
  const MaskRowKernels& kernels = mask_row_kernels();
  at::parallel_for(0, n, 1, [&](int64_t begin, int64_t end) {
    TileMask mask(geometry);
    std::vector<float> line(static_cast<size_t>(columns.padded_width));
    for (int64_t i = begin; i < end; ++i) {
      mask.load(queries[static_cast<size_t>(i)], rows, columns);
      for (int64_t y = 0; y < region.height; ++y) {
        if (value == MaskValue::sigmoid) {
          kernels.sigmoid(mask.row(y), columns.padded_width, line.data(), kRowGroup);
        } else {
          kernels.blend(mask.row(y), columns.padded_width, line.data());
        }
        std::memcpy(to + (i * region.height + y) * region.width, line.data(),
                    static_cast<size_t>(region.width) * sizeof(float));
      }
    }
  });
  return out;
}

}  // namespace

MaskReader read_masks(const MaskSource& masks) {
  const auto geometry = std::make_shared<const MaskGeometry>(masks);
  return [geometry](const std::vector<int64_t>& queries, const Region& region, MaskValue value) {
    return read_region(*geometry, queries, region, value);
  };
}

}  // namespace fcclip::ops::cpu
