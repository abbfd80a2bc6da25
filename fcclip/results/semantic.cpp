// Semantic results: Σ_q softmax(class)[q, k] · sigmoid(mask)[q] and its arg-max.

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/ops/host.h"
#include "fcclip/ops/upsampled_masks.h"
#include "fcclip/results/class_probs.h"
#include "fcclip/results/class_scores.h"

namespace fcclip::results {
namespace {

constexpr int64_t kMegabyte = 1 << 20;

at::Tensor without_void(const at::Tensor& probs) {
  return probs.narrow(1, 0, probs.size(1) - 1).contiguous();
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

// The segments of a label map, each with its best query of `probs` [Q, K+1].
std::vector<Segment> segments_of(const at::Tensor& labels, const at::Tensor& probs,
                                 const std::vector<bool>& is_thing) {
  std::vector<Segment> segments;
  const std::vector<LabelExtent> extents = measure_labels(labels, probs.size(1) - 1);
  for (int64_t k = 0; k < std::ssize(extents); ++k) {
    const LabelExtent& extent = extents[static_cast<size_t>(k)];
    if (extent.area == 0) continue;
    Segment segment;
    segment.id = std::ssize(segments) + 1;
    segment.class_index = k;
    segment.is_thing = is_thing[static_cast<size_t>(k)];
    segment.query = probs.select(1, k).argmax().item<int64_t>();
    segment.score = probs[segment.query][k].item<double>();
    segment.area_px = extent.area;
    segment.box_xywh_px = {extent.left, extent.top, extent.right - extent.left + 1,
                           extent.bottom - extent.top + 1};
    segments.push_back(std::move(segment));
  }
  return segments;
}

}  // namespace

std::vector<at::Tensor*> SemanticVotes::tensors() {
  return {&labels, &probs};
}

SemanticVotes semantic_votes(const MaskSource& masks, const at::Tensor& class_log_probs) {
  const at::Tensor probs = class_probs_there(masks, class_log_probs);
  return {ops::best_classes(masks, without_void(probs)), probs};
}

SemanticSegmentation semantic(SemanticVotes votes, const std::vector<bool>& is_thing) {
  check_things(is_thing, votes.probs.size(1) - 1);
  const at::Tensor labels = ops::to_keep(votes.labels);
  return {labels, segments_of(labels, votes.probs, is_thing)};
}

SemanticSegmentation semantic(const MaskSource& masks, const at::Tensor& class_log_probs,
                              const std::vector<bool>& is_thing) {
  SemanticVotes votes = semantic_votes(masks, class_log_probs);
  ops::bring_to_host(votes.tensors());
  return semantic(std::move(votes), is_thing);
}

at::Tensor semantic_labels(const MaskSource& masks, const at::Tensor& class_log_probs) {
  return ops::on_host(semantic_votes(masks, class_log_probs).labels);
}

at::Tensor semantic_scores(const MaskSource& masks, const at::Tensor& class_log_probs) {
  const ClassScores scores_of({masks, class_log_probs});
  const Size size = masks.original;
  at::Tensor scores = at::empty({class_log_probs.size(1) - 1, size.height, size.width}, at::kFloat);
  const int64_t band =
      std::max<int64_t>(1, 4 * kMegabyte / (class_log_probs.size(0) * size.width + 1));
  for (int64_t y = 0; y < size.height; y += band) {
    const int64_t rows = std::min(band, size.height - y);
    scores.narrow(1, y, rows).copy_(scores_of({y, rows, 0, size.width}));
  }
  return scores;
}

at::Tensor semantic_scores_resized_late(const MaskSource& masks,
                                        const at::Tensor& class_log_probs) {
  const ClassScores scores_of({masks, class_log_probs, /*resized_late=*/true});
  const Size size = masks.original;
  at::Tensor scores = at::empty({class_log_probs.size(1) - 1, size.height, size.width}, at::kFloat);
  visit_tiles(size, scores_of.numbers_per_pixel(), [&](const ops::Region& at) {
    scores.narrow(1, at.y, at.height).narrow(2, at.x, at.width).copy_(scores_of(at));
  });
  return scores;
}

at::Tensor semantic_labels_resized_late(const MaskSource& masks,
                                        const at::Tensor& class_log_probs) {
  const SemanticView view{masks, class_log_probs, /*resized_late=*/true};
  return averaged_labels({&view, 1});
}

at::Tensor averaged_labels(std::span<const SemanticView> views, const Progress& progress) {
  if (views.empty()) fail(ErrorCode::invalid_argument, "no views to average");
  const Size size = views.front().masks.original;
  const int64_t classes = views.front().class_log_probs.size(-1);
  std::vector<ClassScores> each;
  int64_t numbers = 0;
  for (const SemanticView& view : views) {
    if (view.masks.original != size || view.class_log_probs.size(-1) != classes) {
      fail(ErrorCode::shape_mismatch,
           "the views to average differ in the size of their picture or in their classes");
    }
    numbers = std::max(numbers, each.emplace_back(view).numbers_per_pixel());
  }
  at::Tensor labels = at::empty({size.height, size.width}, at::kInt);
  int64_t done = 0;
  visit_tiles(size, numbers, [&](const ops::Region& at) {
    report_progress(progress, done, size.height * size.width, "pixels");
    at::Tensor scores = each.front()(at);
    for (size_t i = 1; i < each.size(); ++i) scores += each[i](at);
    labels.narrow(0, at.y, at.height).narrow(1, at.x, at.width).copy_(scores.argmax(0));
    done += at.height * at.width;
  });
  return labels;
}

SemanticSegmentation averaged_semantic(std::span<const SemanticView> views, size_t named,
                                       const std::vector<bool>& is_thing,
                                       const Progress& progress) {
  const at::Tensor labels = averaged_labels(views, progress);
  const SemanticView& view = views[named];
  const at::Tensor probs = class_probs(view.masks, view.class_log_probs);
  check_things(is_thing, probs.size(1) - 1);
  return {labels, segments_of(labels, probs, is_thing)};
}

at::Tensor full_size_masks(const MaskSource& masks, const std::vector<int64_t>& queries) {
  const Size size = masks.original;
  return ops::read_masks(masks)(queries, {0, size.height, 0, size.width}, ops::MaskValue::logit);
}

}  // namespace fcclip::results
