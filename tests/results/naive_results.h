#pragma once
// The results written plainly with whole-image tensors, as model section 7 says them: what the
// streamed ones are compared with.

#include <map>

#include <ATen/ATen.h>

#include "fcclip/results/results.h"

namespace fcclip::test {

inline at::Tensor naive_resize(const at::Tensor& maps, Size size) {
  return at::upsample_bilinear2d(maps.unsqueeze(0).contiguous(), {size.height, size.width}, false)
      .squeeze(0);
}

inline at::Tensor naive_masks(const results::MaskSource& m) {
  const at::Tensor padded = naive_resize(m.mask_logits, m.padded);
  return naive_resize(padded.narrow(1, 0, m.resized.height).narrow(2, 0, m.resized.width),
                      m.original);
}

inline at::Tensor naive_semantic_scores(const results::MaskSource& m, const at::Tensor& log_probs) {
  const at::Tensor probs = at::softmax(log_probs, -1).narrow(1, 0, log_probs.size(1) - 1);
  return at::einsum("qc,qhw->chw", {probs, naive_masks(m).sigmoid()});
}

inline results::PanopticSegmentation naive_panoptic(const results::MaskSource& m,
                                                    const at::Tensor& log_probs,
                                                    const std::vector<bool>& is_thing,
                                                    const results::PanopticOptions& options) {
  const auto [scores, labels] = at::softmax(log_probs, -1).max(-1);
  const at::Tensor keep =
      at::nonzero(
          labels.ne(log_probs.size(1) - 1).logical_and(scores.gt(options.object_mask_threshold)))
          .flatten();
  results::PanopticSegmentation result;
  result.ids = at::zeros({m.original.height, m.original.width}, at::kInt);
  if (keep.numel() == 0) return result;
  const at::Tensor masks = naive_masks(m).index_select(0, keep).sigmoid();
  const at::Tensor winner = (scores.index_select(0, keep).view({-1, 1, 1}) * masks).argmax(0);
  std::map<int64_t, int64_t> stuff;
  for (int64_t k = 0; k < keep.numel(); ++k) {
    const int64_t query = keep[k].item<int64_t>(), label = labels[query].item<int64_t>();
    const at::Tensor won = winner.eq(k), inside = masks[k].ge(0.5), mask = won.logical_and(inside);
    const double area = won.sum().item<int64_t>(), original = inside.sum().item<int64_t>();
    if (!mask.any().item<bool>() || area / original < options.overlap_threshold) continue;
    const bool thing = is_thing[label];
    if (!thing && stuff.count(label) > 0) {
      result.ids.masked_fill_(mask, stuff[label]);
      continue;
    }
    results::Segment segment;
    segment.id = static_cast<int64_t>(result.segments.size()) + 1;
    segment.class_index = label;
    segment.is_thing = thing;
    segment.query = query;
    if (!thing) stuff[label] = segment.id;
    result.ids.masked_fill_(mask, segment.id);
    result.segments.push_back(segment);
  }
  return result;
}

/// Smooth masks with a few overlapping blobs, and class scores with some void queries.
struct Scene {
  results::MaskSource masks;
  at::Tensor log_probs;
  std::vector<bool> is_thing;
};

struct SceneSizes {
  int64_t queries, classes;
  Size cells, resized, original;
};

inline Scene make_scene(const SceneSizes& sizes, uint64_t seed) {
  const auto& [queries, classes, cells, resized, original] = sizes;
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  Scene scene;
  const Size coarse = {std::max<int64_t>(2, cells.height / 6),
                       std::max<int64_t>(2, cells.width / 6)};
  const at::Tensor noise = at::randn({queries, coarse.height, coarse.width}, generator);
  scene.masks.mask_logits = naive_resize(noise, cells) * 8 - 4;
  scene.masks.padded = {cells.height * 4, cells.width * 4};
  scene.masks.resized = resized;
  scene.masks.original = original;
  scene.log_probs = at::log_softmax(at::randn({queries, classes + 1}, generator) * 3, -1);
  for (int64_t k = 0; k < classes; ++k) scene.is_thing.push_back(k % 2 == 0);
  return scene;
}

}  // namespace fcclip::test
