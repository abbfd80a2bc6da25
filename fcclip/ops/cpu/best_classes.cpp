// The arg-max of Σ_q weights[q, k] · sigmoid(mask)[q], a tile at a time. Where the bounds of the masks
// in a tile leave a class no chance, its sum is not computed; the labels are the same.

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/round_up.h"
#include "fcclip/core/shared_progress.h"
#include "fcclip/ops/cpu/mask_geometry.h"
#include "fcclip/ops/cpu/ops.h"
#include "fcclip/ops/host.h"

namespace fcclip::ops::cpu {
namespace {

constexpr int64_t kMegabyte = 1 << 20;

float sigmoid(float x) {
  return 1 / (1 + std::exp(-x));
}

// The sums' own rounding and that of the bounds are far below this.
constexpr float kSlack = 1e-4f;

// One thread's work: labels of one tile after another.
class TileLabeller {
 public:
  TileLabeller(const MaskGeometry& geometry, const at::Tensor& probs)
      : geometry_(geometry),
        probs_(probs.const_data_ptr<float>()),
        queries_(probs.size(0)),
        classes_(probs.size(1)),
        mask_(geometry) {}

  void label(const TileRows& rows, const TileColumns& columns, const at::Tensor& labels) {
    find_candidates(rows, columns);
    const int64_t width = labels.size(1);
    int32_t* to = labels.data_ptr<int32_t>() + rows.y * width + columns.x;
    if (candidates_.size() == 1) {
      for (int64_t y = 0; y < rows.height; ++y) {
        std::fill_n(to + y * width, columns.width, candidates_[0]);
      }
      return;
    }
    pack_weights();
    // As many rows at once as keep the sigmoids of all queries in the second cache level.
    const int64_t chunk = std::max<int64_t>(1, kMegabyte / 4 / (queries_ * columns.padded_width));
    for (int64_t y = 0; y < rows.height; y += chunk) {
      const TileRows part = geometry_.rows(rows.y + y, std::min(chunk, rows.height - y));
      label_part(part, columns, to + y * width, width);
    }
  }

 private:
  void find_candidates(const TileRows& rows, const TileColumns& columns) {
    const MaskRowKernels& kernels = mask_row_kernels();
    lower_.assign(static_cast<size_t>(classes_), 0.0f);
    upper_.assign(static_cast<size_t>(classes_), 0.0f);
    float* lower_upper[2] = {lower_.data(), upper_.data()};
    for (int64_t q = 0; q < queries_; ++q) {
      const Bounds bounds = geometry_.bounds(q, rows, columns);
      const float low_high[2] = {sigmoid(bounds.low), sigmoid(bounds.high)};
      kernels.add_bounds(probs_ + q * classes_, classes_, low_high, lower_upper);
    }
    const float surely = *std::max_element(lower_.begin(), lower_.end()) * (1 - kSlack);
    candidates_.clear();
    for (int64_t k = 0; k < classes_; ++k) {
      if (upper_[static_cast<size_t>(k)] * (1 + kSlack) >= surely) {
        candidates_.push_back(static_cast<int32_t>(k));
      }
    }
  }

  // [groups][queries][kClassGroup], as the kernel reads them.
  void pack_weights() {
    constexpr int64_t kGroup = kClassGroup;
    const int64_t n = static_cast<int64_t>(candidates_.size());
    groups_ = divide_up(n, kGroup);
    weights_.assign(static_cast<size_t>(groups_ * queries_ * kGroup), 0.0f);
    for (int64_t i = 0; i < n; ++i) {
      float* to = weights_.data() + i / kGroup * queries_ * kGroup + i % kGroup;
      const float* from = probs_ + candidates_[static_cast<size_t>(i)];
      for (int64_t q = 0; q < queries_; ++q) to[q * kGroup] = from[q * classes_];
    }
  }

  void label_part(const TileRows& rows, const TileColumns& columns, int32_t* to, int64_t width) {
    const MaskRowKernels& kernels = mask_row_kernels();
    const int64_t blocks = columns.padded_width / kRowGroup;
    const int64_t block_floats = queries_ * kRowGroup;
    sigmoids_.resize(
        std::max(sigmoids_.size(), static_cast<size_t>(rows.height * blocks * block_floats)));
    for (int64_t q = 0; q < queries_; ++q) {
      mask_.load(q, rows, columns);
      for (int64_t y = 0; y < rows.height; ++y) {
        float* row = sigmoids_.data() + y * blocks * block_floats + q * kRowGroup;
        kernels.sigmoid(mask_.row(y), columns.padded_width, row, block_floats);
      }
    }
    float best[kRowGroup], position[kRowGroup];
    for (int64_t y = 0; y < rows.height; ++y) {
      for (int64_t b = 0; b < blocks; ++b) {
        const float* block = sigmoids_.data() + (y * blocks + b) * block_floats;
        kernels.best_class({block, weights_.data(), queries_, groups_}, best, position);
        const int64_t x = b * kRowGroup;
        for (int64_t i = 0; i < std::min(kRowGroup, columns.width - x); ++i) {
          to[y * width + x + i] = candidates_[static_cast<size_t>(position[i])];
        }
      }
    }
  }

  const MaskGeometry& geometry_;
  const float* probs_;
  int64_t queries_, classes_, groups_ = 0;
  TileMask mask_;
  std::vector<float> lower_, upper_, weights_, sigmoids_;
  std::vector<int32_t> candidates_;
};

}  // namespace

at::Tensor best_classes(const MaskSource& masks, const at::Tensor& weights) {
  const at::Tensor probs = on_host(weights);
  const MaskGeometry geometry(masks);
  const std::vector<TileRows> row_tiles = geometry.row_tiles(4, 64);
  const std::vector<TileColumns> column_tiles = geometry.column_tiles(4, 64);
  const at::Tensor labels = at::empty({masks.original.height, masks.original.width}, at::kInt);
  SharedProgress done(masks.progress, std::ssize(row_tiles), "parts");
  at::parallel_for(0, std::ssize(row_tiles), 1, [&](int64_t begin, int64_t end) {
    TileLabeller labeller(geometry, probs);
    for (int64_t t = begin; t < end; ++t) {
      for (const TileColumns& columns : column_tiles) {
        labeller.label(row_tiles[static_cast<size_t>(t)], columns, labels);
      }
      if (!done.go_on()) return;
    }
  });
  done.check();
  return labels;
}

}  // namespace fcclip::ops::cpu
