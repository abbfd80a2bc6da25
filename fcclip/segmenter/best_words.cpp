#include "fcclip/segmenter/best_words.h"

#include <algorithm>
#include <map>
#include <numeric>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/ops/upsampled_masks.h"
#include "fcclip/results/class_probs.h"
#include "fcclip/results/rle.h"
#include "fcclip/segmenter/describe.h"

namespace fcclip::segmenter {
namespace {

// Masks at full size that exist at once: noisy ones have millions of runs.
constexpr size_t kMasksTogether = 32;

struct Placed {
  int64_t area_px = 0;
  std::array<int64_t, 4> box_xywh_px = {0, 0, 0, 0};
  double sureness = 0;  ///< mean sigmoid inside
};

std::vector<Placed> places_of(const results::MaskSource& masks) {
  std::vector<Placed> places;
  const auto count = static_cast<size_t>(masks.mask_logits.size(0));
  while (places.size() < count) {
    std::vector<int64_t> queries(std::min(kMasksTogether, count - places.size()));
    std::iota(queries.begin(), queries.end(), std::ssize(places));
    for (ops::MaskRuns& runs : ops::mask_runs(masks, queries)) {
      const results::Rle mask{masks.original, std::move(runs.counts)};
      const int64_t area = results::area(mask);
      places.push_back(
          {area, results::box_xywh(mask), runs.sigmoid_sum / (static_cast<double>(area) + 1e-6)});
    }
  }
  return places;
}

// [Q, K], what does not count below zero.
at::Tensor scores_of(const at::Tensor& probs, const std::vector<Placed>& places,
                     const classify::Vocabulary& vocabulary) {
  std::vector<float> sureness;
  for (const Placed& one : places) sureness.push_back(static_cast<float>(one.sureness));
  at::Tensor scores =
      probs.slice(1, 0, probs.size(1) - 1) * at::tensor(sureness, at::kFloat).unsqueeze(1);
  for (size_t q = 0; q < places.size(); ++q) {
    if (places[q].area_px == 0) scores[static_cast<int64_t>(q)].fill_(-1);
  }
  for (size_t k = 0; k < vocabulary.classes.size(); ++k) {
    if (vocabulary.classes[k].is_background) scores.select(1, static_cast<int64_t>(k)).fill_(-1);
  }
  return scores;
}

// Of segments whose query is known, runs of the masks: each once in memory at its full size.
void give_runs(std::vector<results::Segment>& segments, const results::MaskSource& masks) {
  std::map<int64_t, std::vector<size_t>> by_query;
  for (size_t i = 0; i < segments.size(); ++i) by_query[segments[i].query].push_back(i);
  std::vector<int64_t> queries;
  for (auto at = by_query.begin(); at != by_query.end();) {
    queries.push_back(at->first);
    if (++at != by_query.end() && queries.size() < kMasksTogether) continue;
    const std::vector<ops::MaskRuns> runs = ops::mask_runs(masks, queries);
    for (size_t i = 0; i < queries.size(); ++i) {
      for (const size_t segment : by_query[queries[i]]) {
        segments[segment].rle_counts = runs[i].counts;
      }
    }
    queries.clear();
  }
}

}  // namespace

std::vector<results::Segment> best_words(const EncodedImage& image,
                                         const PreparedVocabulary& vocabulary,
                                         const classify::Classification& classes,
                                         const AskOptions& options) {
  const results::MaskSource masks = mask_source(image);
  const std::vector<Placed> places = places_of(masks);
  const at::Tensor probs = results::class_probs(masks, classes.log_probs[0]);
  const auto [best, queries] = scores_of(probs, places, vocabulary.vocabulary).max(0);
  const auto [scores, order] =
      best.topk(std::min(std::max<int64_t>(options.best_words, 0), best.size(0)));
  std::vector<results::Segment> words;
  for (int64_t i = 0; i < order.size(0); ++i) {
    results::Segment word;
    word.score = scores[i].item<double>();
    if (word.score < std::max(options.min_score, 0.0)) break;
    word.id = i + 1;
    word.class_index = order[i].item<int64_t>();
    word.is_thing = vocabulary.vocabulary.classes[static_cast<size_t>(word.class_index)].is_thing;
    word.query = queries[word.class_index].item<int64_t>();
    const Placed& place = places[static_cast<size_t>(word.query)];
    word.area_px = place.area_px;
    word.box_xywh_px = place.box_xywh_px;
    words.push_back(std::move(word));
  }
  name_segments(words, image, vocabulary, classes, 0);
  return words;
}

results::Segmentation masks_of_best_words(const Segmenter& segmenter, const EncodedImage& image,
                                          const PreparedVocabulary& vocabulary,
                                          const AskOptions& options) {
  const c10::InferenceMode guard;
  const ops::Tf32Scope tf32 = segmenter.tf32_scope();
  const classify::Classification classes =
      on_host(segmenter.name_masks(image, vocabulary, options.ensemble));
  std::vector<results::Segment> words = best_words(image, vocabulary, classes, options);
  give_runs(words, mask_source(image));
  name_segments(words, image, vocabulary, classes, options.next_best);
  return {image.original, results::InstanceSegmentation{std::move(words)}, options.min_score};
}

}  // namespace fcclip::segmenter
