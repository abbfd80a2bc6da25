#include "bench/examples/pool.h"

#include <cstdio>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/ops/host.h"
#include "fcclip/segmenter/given_masks.h"
#include "fcclip/segmenter/mask_overlaps.h"

namespace fcclip::bench {
namespace {

at::Tensor segment_masks(const data::Sample& scene) {
  std::vector<at::Tensor> masks;
  for (const data::TruthSegment& segment : scene.segments)
    masks.push_back(scene.ids.eq(segment.id));
  return at::stack(masks);
}

data::PanopticMap truth_of(const data::Sample& scene) {
  data::PanopticMap truth{scene.ids, {}};
  for (const data::TruthSegment& segment : scene.segments) {
    truth.segments.push_back({segment.id, segment.class_index,
                              scene.ids.eq(segment.id).sum().item<int64_t>(), segment.is_crowd});
  }
  return truth;
}

void tell(const char* what, int64_t done, int64_t all) {
  if (done % 25 == 0)
    std::fprintf(stderr, "%s %ld of %ld\n", what, static_cast<long>(done), static_cast<long>(all));
}

}  // namespace

std::vector<Tested> encode_scenes(const segmenter::Segmenter& segmenter,
                                  const data::Dataset& scenes) {
  const c10::InferenceMode guard;
  std::vector<Tested> tested;
  for (int64_t i = 0; i < scenes.size(); ++i) {
    tell("scene", i, scenes.size());
    const data::Sample scene = scenes.get(i);
    Tested one{segmenter.encode(scene.rgb), truth_of(scene), {}};
    const at::Tensor grid =
        segmenter::masks_on_grid(segment_masks(scene), one.image.resized, one.image.padded).gt(0);
    const auto [best, which] =
        segmenter::mask_overlaps(ops::on_host(one.image.mask_logits).gt(0), grid).max(1);
    for (int64_t q = 0; q < best.size(0); ++q) {
      const bool is_one = best[q].item<double>() >= 0.5;
      one.class_of_query.push_back(is_one ? scene.segments[which[q].item<int64_t>()].class_index
                                          : -1);
    }
    tested.push_back(std::move(one));
  }
  return tested;
}

std::vector<std::vector<segmenter::Example>> examples_of_classes(
    const segmenter::Segmenter& segmenter, const data::Dataset& scenes,
    const segmenter::PreparedVocabulary& words, size_t most) {
  std::vector<std::vector<segmenter::Example>> examples(words.vocabulary.classes.size());
  for (int64_t i = 0; i < scenes.size(); ++i) {
    tell("examples of scene", i, scenes.size());
    const data::Sample scene = scenes.get(i);
    const segmenter::EncodedImage image =
        segmenter.encode_beside_masks(scene.rgb, segment_masks(scene));
    for (size_t k = 0; k < scene.segments.size(); ++k) {
      auto& of_class = examples[scene.segments[k].class_index];
      if (of_class.size() >= most) continue;
      of_class.push_back(segmenter::example_of(segmenter, image, static_cast<int64_t>(k), words));
    }
  }
  return examples;
}

}  // namespace fcclip::bench
