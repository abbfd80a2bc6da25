#include "fcclip/results/class_scores.h"

#include <algorithm>
#include <numeric>

#include <ATen/ATen.h>

#include "fcclip/ops/linear_tap.h"
#include "fcclip/results/class_probs.h"

namespace fcclip::results {
namespace {

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

MaskSource at_padded_size(MaskSource masks) {
  masks.resized = masks.original = masks.padded;
  return masks;
}

}  // namespace

ClassScores::ClassScores(const SemanticView& view)
    : from_(view.masks.resized),
      to_(view.masks.original),
      late_(view.resized_late),
      mirrored_(view.mirrored) {
  const at::Tensor all = class_probs(view.masks, view.class_log_probs);
  probs_ = all.narrow(1, 0, all.size(1) - 1).contiguous();
  ops::check_masks(view.masks);
  masks_ = ops::read_masks(late_ ? at_padded_size(view.masks) : view.masks);
}

at::Tensor ClassScores::operator()(const ops::Region& region) const {
  const auto scores = [this](const ops::Region& of) { return late_ ? resized(of) : read(of); };
  if (!mirrored_) return scores(region);
  const ops::Region there = {region.y, region.height, to_.width - region.x - region.width,
                             region.width};
  return scores(there).flip({2});
}

at::Tensor ClassScores::read(const ops::Region& region) const {
  std::vector<int64_t> queries(static_cast<size_t>(probs_.size(0)));
  std::iota(queries.begin(), queries.end(), 0);
  const at::Tensor sigmoids = masks_(queries, region, ops::MaskValue::sigmoid);
  return at::mm(probs_.t(), sigmoids.flatten(1)).view({-1, region.height, region.width});
}

at::Tensor ClassScores::resized(const ops::Region& region) const {
  const LateAxis rows(region.y, region.height, from_.height, to_.height);
  const LateAxis columns(region.x, region.width, from_.width, to_.width);
  const at::Tensor scores = read({rows.from, rows.count, columns.from, columns.count});
  return columns.resize(rows.resize(scores, 1), 2);
}

void visit_tiles(Size size, int64_t numbers_per_pixel,
                 const std::function<void(const ops::Region&)>& visit) {
  constexpr int64_t kNumbers = int64_t{2} << 20;
  const int64_t pixels = std::max<int64_t>(64, kNumbers / numbers_per_pixel);
  const int64_t width = std::min<int64_t>(size.width, 256);
  const int64_t height = std::clamp<int64_t>(pixels / width, 1, size.height);
  for (int64_t y = 0; y < size.height; y += height) {
    for (int64_t x = 0; x < size.width; x += width) {
      visit({y, std::min(height, size.height - y), x, std::min(width, size.width - x)});
    }
  }
}

}  // namespace fcclip::results
