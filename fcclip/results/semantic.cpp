// Semantic results: Σ_q softmax(class)[q, k] · sigmoid(mask)[q] and its arg-max, a tile at a time.
// Where the bounds of the masks in a tile leave a class no chance, its sum is not computed; the
// labels are the same.

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/check.h"
#include "fcclip/results/class_probs.h"
#include "fcclip/results/mask_geometry.h"

namespace fcclip::results {
namespace {

constexpr int64_t kMegabyte = 1 << 20;

at::Tensor without_void(const at::Tensor& probs) {
  return probs.narrow(1, 0, probs.size(1) - 1).contiguous();
}

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
    const ops::MaskRowKernels& kernels = ops::mask_row_kernels();
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
    constexpr int64_t kGroup = ops::kClassGroup;
    const int64_t n = static_cast<int64_t>(candidates_.size());
    groups_ = (n + kGroup - 1) / kGroup;
    weights_.assign(static_cast<size_t>(groups_ * queries_ * kGroup), 0.0f);
    for (int64_t i = 0; i < n; ++i) {
      float* to = weights_.data() + i / kGroup * queries_ * kGroup + i % kGroup;
      const float* from = probs_ + candidates_[static_cast<size_t>(i)];
      for (int64_t q = 0; q < queries_; ++q) to[q * kGroup] = from[q * classes_];
    }
  }

  void label_part(const TileRows& rows, const TileColumns& columns, int32_t* to, int64_t width) {
    const ops::MaskRowKernels& kernels = ops::mask_row_kernels();
    const int64_t blocks = columns.padded_width / ops::kRowGroup;
    const int64_t block_floats = queries_ * ops::kRowGroup;
    sigmoids_.resize(
        std::max(sigmoids_.size(), static_cast<size_t>(rows.height * blocks * block_floats)));
    for (int64_t q = 0; q < queries_; ++q) {
      mask_.load(q, rows, columns);
      for (int64_t y = 0; y < rows.height; ++y) {
        float* row = sigmoids_.data() + y * blocks * block_floats + q * ops::kRowGroup;
        kernels.sigmoid(mask_.row(y), columns.padded_width, row, block_floats);
      }
    }
    float best[ops::kRowGroup], position[ops::kRowGroup];
    for (int64_t y = 0; y < rows.height; ++y) {
      for (int64_t b = 0; b < blocks; ++b) {
        const float* block = sigmoids_.data() + (y * blocks + b) * block_floats;
        kernels.best_class({block, weights_.data(), queries_, groups_}, best, position);
        const int64_t x = b * ops::kRowGroup;
        for (int64_t i = 0; i < std::min(ops::kRowGroup, columns.width - x); ++i) {
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

std::vector<int64_t> all_queries(const MaskGeometry& geometry) {
  std::vector<int64_t> queries(static_cast<size_t>(geometry.queries()));
  std::iota(queries.begin(), queries.end(), 0);
  return queries;
}

// Class scores [K, rows, width] of a region of whatever size the geometry leads to.
at::Tensor region_scores(const MaskGeometry& geometry, const at::Tensor& probs,
                         const Region& region) {
  const at::Tensor sigmoids = resize_region(geometry, all_queries(geometry), region, true);
  return at::mm(probs.t(), sigmoids.flatten(1)).view({-1, region.height, region.width});
}

// One axis of the late resize: indices relative to `from`, and the weight of the farther one.
struct LateAxis {
  at::Tensor near, next, far;
  int64_t from = 0, count = 0;
  LateAxis(int64_t begin, int64_t n, int64_t source, int64_t target) {
    near = at::empty({n}, at::kLong);
    next = at::empty({n}, at::kLong);
    far = at::empty({n}, at::kFloat);
    from = linear_tap(begin, source, target).near;
    for (int64_t i = 0; i < n; ++i) {
      const LinearTap tap = linear_tap(begin + i, source, target);
      near.data_ptr<int64_t>()[i] = tap.near - from;
      next.data_ptr<int64_t>()[i] = tap.next - from;
      far.data_ptr<float>()[i] = tap.far;
      count = tap.next - from + 1;
    }
  }
  at::Tensor resize(const at::Tensor& scores, int64_t dim) const {
    const at::Tensor weight = dim == 1 ? far.view({-1, 1}) : far;
    return at::lerp(scores.index_select(dim, near), scores.index_select(dim, next), weight);
  }
};

// Visits tiles of the class scores [K, height, width] that were made at the padded size and resized
// late.
template <typename Visit>
void visit_late_scores(const MaskSource& masks, const at::Tensor& class_log_probs,
                       const Visit& visit) {
  const at::Tensor probs = without_void(class_probs(masks, class_log_probs));
  const Size from = MaskGeometry::checked(masks).resized, to = masks.original;
  MaskSource at_padded = masks;
  at_padded.resized = at_padded.original = masks.padded;
  const MaskGeometry geometry(at_padded);
  // Tiles such that the scores and the sigmoids stay within a few megabytes each.
  const int64_t pixels = std::max<int64_t>(64, 2 * kMegabyte / (probs.size(0) + probs.size(1)));
  const int64_t width = std::min<int64_t>(to.width, 256);
  const int64_t height = std::clamp<int64_t>(pixels / width, 1, to.height);
  for (int64_t y = 0; y < to.height; y += height) {
    for (int64_t x = 0; x < to.width; x += width) {
      const Region target = {y, std::min(height, to.height - y), x, std::min(width, to.width - x)};
      const LateAxis rows(y, target.height, from.height, to.height);
      const LateAxis columns(x, target.width, from.width, to.width);
      const Region source = {rows.from, rows.count, columns.from, columns.count};
      const at::Tensor scores = region_scores(geometry, probs, source);
      visit(target, columns.resize(rows.resize(scores, 1), 2));
    }
  }
}

struct LabelExtent {
  int64_t area = 0, left = 0, top = 0, right = -1, bottom = -1;
  void add(int64_t x, int64_t y) {
    if (area++ == 0) {
      left = right = x;
      top = bottom = y;
      return;
    }
    left = std::min(left, x);
    right = std::max(right, x);
    bottom = y;  // rows come in order
  }
};

std::vector<LabelExtent> measure_labels(const at::Tensor& labels, int64_t classes) {
  std::vector<LabelExtent> extents(static_cast<size_t>(classes));
  const auto pixel = labels.accessor<int32_t, 2>();
  for (int64_t y = 0; y < labels.size(0); ++y) {
    for (int64_t x = 0; x < labels.size(1); ++x) {
      extents[static_cast<size_t>(pixel[y][x])].add(x, y);
    }
  }
  return extents;
}

}  // namespace

SemanticSegmentation semantic(const MaskSource& masks, const at::Tensor& class_log_probs,
                              const std::vector<bool>& is_thing) {
  const at::Tensor probs = class_probs(masks, class_log_probs);
  check_things(is_thing, probs);
  SemanticSegmentation result{semantic_labels(masks, class_log_probs), {}};
  const std::vector<LabelExtent> extents = measure_labels(result.labels, probs.size(1) - 1);
  for (int64_t k = 0; k < std::ssize(extents); ++k) {
    const LabelExtent& extent = extents[static_cast<size_t>(k)];
    if (extent.area == 0) continue;
    Segment segment;
    segment.id = std::ssize(result.segments) + 1;
    segment.class_index = k;
    segment.is_thing = is_thing[static_cast<size_t>(k)];
    segment.query = probs.select(1, k).argmax().item<int64_t>();
    segment.score = probs[segment.query][k].item<double>();
    segment.area_px = extent.area;
    segment.box_xywh_px = {extent.left, extent.top, extent.right - extent.left + 1,
                           extent.bottom - extent.top + 1};
    result.segments.push_back(std::move(segment));
  }
  return result;
}

at::Tensor semantic_labels(const MaskSource& masks, const at::Tensor& class_log_probs) {
  const at::Tensor probs = without_void(class_probs(masks, class_log_probs));
  const MaskGeometry geometry(masks);
  const std::vector<TileRows> row_tiles = geometry.row_tiles(4, 64);
  const std::vector<TileColumns> column_tiles = geometry.column_tiles(4, 64);
  const at::Tensor labels =
      at::empty({geometry.original().height, geometry.original().width}, at::kInt);
  at::parallel_for(0, static_cast<int64_t>(row_tiles.size()), 1, [&](int64_t begin, int64_t end) {
    TileLabeller labeller(geometry, probs);
    for (int64_t t = begin; t < end; ++t) {
      for (const TileColumns& columns : column_tiles) {
        labeller.label(row_tiles[static_cast<size_t>(t)], columns, labels);
      }
    }
  });
  return labels;
}

at::Tensor semantic_scores(const MaskSource& masks, const at::Tensor& class_log_probs) {
  const at::Tensor probs = without_void(class_probs(masks, class_log_probs));
  const MaskGeometry geometry(masks);
  const Size size = geometry.original();
  at::Tensor scores = at::empty({probs.size(1), size.height, size.width}, at::kFloat);
  const int64_t band = std::max<int64_t>(1, 4 * kMegabyte / (probs.size(0) * size.width + 1));
  for (int64_t y = 0; y < size.height; y += band) {
    const int64_t rows = std::min(band, size.height - y);
    scores.narrow(1, y, rows).copy_(region_scores(geometry, probs, {y, rows, 0, size.width}));
  }
  return scores;
}

at::Tensor semantic_scores_resized_late(const MaskSource& masks,
                                        const at::Tensor& class_log_probs) {
  at::Tensor scores;
  visit_late_scores(masks, class_log_probs, [&](const Region& at, const at::Tensor& part) {
    if (!scores.defined()) {
      scores = at::empty({part.size(0), masks.original.height, masks.original.width}, at::kFloat);
    }
    scores.narrow(1, at.y, at.height).narrow(2, at.x, at.width).copy_(part);
  });
  return scores;
}

at::Tensor semantic_labels_resized_late(const MaskSource& masks,
                                        const at::Tensor& class_log_probs) {
  at::Tensor labels;
  visit_late_scores(masks, class_log_probs, [&](const Region& at, const at::Tensor& part) {
    if (!labels.defined()) {
      labels = at::empty({masks.original.height, masks.original.width}, at::kInt);
    }
    labels.narrow(0, at.y, at.height).narrow(1, at.x, at.width).copy_(part.argmax(0));
  });
  return labels;
}

at::Tensor full_size_masks(const MaskSource& masks, const std::vector<int64_t>& queries) {
  const MaskGeometry geometry(masks);
  for (const int64_t query : queries) {
    if (query < 0 || query >= geometry.queries()) {
      fail(ErrorCode::invalid_argument, "query ", query, " is not one of ", geometry.queries());
    }
  }
  const Size size = geometry.original();
  return resize_region(geometry, queries, {0, size.height, 0, size.width}, false);
}

}  // namespace fcclip::results
