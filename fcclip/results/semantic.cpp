// Semantic results: Σ_q softmax(class)[q, k] · sigmoid(mask)[q] and its arg-max.

#include <algorithm>
#include <numeric>

#include <ATen/ATen.h>

#include "fcclip/ops/linear_tap.h"
#include "fcclip/ops/upsampled_masks.h"
#include "fcclip/results/class_probs.h"

namespace fcclip::results {
namespace {

constexpr int64_t kMegabyte = 1 << 20;

at::Tensor without_void(const at::Tensor& probs) {
  return probs.narrow(1, 0, probs.size(1) - 1).contiguous();
}

// Class scores [K, rows, width] of a region of whatever size the masks are read at.
at::Tensor region_scores(const ops::MaskReader& read, const at::Tensor& probs,
                         const ops::Region& region) {
  std::vector<int64_t> queries(static_cast<size_t>(probs.size(0)));
  std::iota(queries.begin(), queries.end(), 0);
  const at::Tensor sigmoids = read(queries, region, ops::MaskValue::sigmoid);
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
    from = ops::linear_tap(begin, source, target).near;
    for (int64_t i = 0; i < n; ++i) {
      const ops::LinearTap tap = ops::linear_tap(begin + i, source, target);
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
  ops::check_masks(masks);
  const Size from = masks.resized, to = masks.original;
  MaskSource at_padded = masks;
  at_padded.resized = at_padded.original = masks.padded;
  const ops::MaskReader read = ops::read_masks(at_padded);
  // Tiles such that the scores and the sigmoids stay within a few megabytes each.
  const int64_t pixels = std::max<int64_t>(64, 2 * kMegabyte / (probs.size(0) + probs.size(1)));
  const int64_t width = std::min<int64_t>(to.width, 256);
  const int64_t height = std::clamp<int64_t>(pixels / width, 1, to.height);
  for (int64_t y = 0; y < to.height; y += height) {
    for (int64_t x = 0; x < to.width; x += width) {
      const ops::Region target = {y, std::min(height, to.height - y), x,
                                  std::min(width, to.width - x)};
      const LateAxis rows(y, target.height, from.height, to.height);
      const LateAxis columns(x, target.width, from.width, to.width);
      const ops::Region source = {rows.from, rows.count, columns.from, columns.count};
      const at::Tensor scores = region_scores(read, probs, source);
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
  return ops::best_classes(masks, without_void(class_probs(masks, class_log_probs)));
}

at::Tensor semantic_scores(const MaskSource& masks, const at::Tensor& class_log_probs) {
  const at::Tensor probs = without_void(class_probs(masks, class_log_probs));
  const ops::MaskReader read = ops::read_masks(masks);
  const Size size = masks.original;
  at::Tensor scores = at::empty({probs.size(1), size.height, size.width}, at::kFloat);
  const int64_t band = std::max<int64_t>(1, 4 * kMegabyte / (probs.size(0) * size.width + 1));
  for (int64_t y = 0; y < size.height; y += band) {
    const int64_t rows = std::min(band, size.height - y);
    scores.narrow(1, y, rows).copy_(region_scores(read, probs, {y, rows, 0, size.width}));
  }
  return scores;
}

at::Tensor semantic_scores_resized_late(const MaskSource& masks,
                                        const at::Tensor& class_log_probs) {
  at::Tensor scores;
  visit_late_scores(masks, class_log_probs, [&](const ops::Region& at, const at::Tensor& part) {
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
  visit_late_scores(masks, class_log_probs, [&](const ops::Region& at, const at::Tensor& part) {
    if (!labels.defined()) {
      labels = at::empty({masks.original.height, masks.original.width}, at::kInt);
    }
    labels.narrow(0, at.y, at.height).narrow(1, at.x, at.width).copy_(part.argmax(0));
  });
  return labels;
}

at::Tensor full_size_masks(const MaskSource& masks, const std::vector<int64_t>& queries) {
  const Size size = masks.original;
  return ops::read_masks(masks)(queries, {0, size.height, 0, size.width}, ops::MaskValue::logit);
}

}  // namespace fcclip::results
