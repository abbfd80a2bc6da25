#include "fcclip/train/live_evaluation.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/draw/contact_sheet.h"
#include "fcclip/draw/overlay.h"
#include "fcclip/draw/vocabulary_colours.h"
#include "fcclip/eval/panoptic_quality.h"
#include "fcclip/eval/truth_overlay.h"

namespace fcclip::train {
namespace {

constexpr int64_t kAgnostic = -1, kOfEndlessOnes = 100;

int64_t category(int64_t class_index, bool agnostic) {
  return agnostic ? kAgnostic : class_index;
}

eval::PanopticMap truth_of(const data::Sample& sample, bool agnostic) {
  eval::PanopticMap map{sample.ids, {}};
  for (const data::TruthSegment& segment : sample.segments) {
    const auto area_px = (sample.ids == segment.id).sum().item<int64_t>();
    if (area_px == 0 && sample.covered.contains(segment.id)) continue;  // none of it is seen
    map.segments.push_back(
        {segment.id, category(segment.class_index, agnostic), area_px, segment.is_crowd});
  }
  return map;
}

eval::PanopticMap answer_of(const results::PanopticSegmentation& answer, bool agnostic) {
  eval::PanopticMap map{answer.ids, {}};
  for (const results::Segment& segment : answer.segments) {
    map.segments.push_back(
        {segment.id, category(segment.class_index, agnostic), segment.area_px, false});
  }
  return map;
}

// Sums of all processes: a row a category.
void add_over_processes(eval::PanopticQuality& quality, int64_t classes,
                        const engine::Processes& processes) {
  at::Tensor sums = at::zeros({classes + 1, 4}, at::kDouble);
  auto rows = sums.accessor<double, 2>();
  for (const auto& [category, counts] : quality.counts()) {
    auto row = rows[category + 1];
    row[0] = counts.iou;
    row[1] = static_cast<double>(counts.true_positives);
    row[2] = static_cast<double>(counts.false_positives);
    row[3] = static_cast<double>(counts.false_negatives);
  }
  processes.sum(sums);
  quality = {};
  for (int64_t i = 0; i <= classes; ++i) {
    const auto row = rows[i];
    const auto count = [&](int64_t column) { return static_cast<int64_t>(row[column]); };
    const eval::MatchCounts counts{row[0], count(1), count(2), count(3)};
    if (!counts.empty()) quality.add_counts(i - 1, counts);
  }
}

// Nothing when it cannot be used.
std::optional<data::Sample> usable_sample(const LiveData& data, int64_t index) {
  try {
    return data.source.get(index);
  } catch (const Error& error) {
    if (!engine::is_about_a_picture(error)) throw;
    data.bad.tell(engine::bad_picture(index, error));
    return std::nullopt;
  }
}

int64_t judged_pictures(const LiveData& data) {
  const int64_t size = data.source.dataset->size();
  return data.pictures > 0 ? std::min(data.pictures, size)
         : size < kEndless ? size
                           : kOfEndlessOnes;
}

}  // namespace

engine::Numbers evaluate_live(const segmenter::Segmenter& segmenter, const LiveData& data,
                              const engine::Processes& processes) {
  eval::PanopticQuality quality;
  const segmenter::AskOptions options = segmenter.ask_defaults();
  const int64_t count = judged_pictures(data);
  int64_t used = 0;
  for (int64_t i = processes.rank(); i < count; i += processes.size()) {
    const std::optional<data::Sample> sample = usable_sample(data, i);
    if (!sample) continue;
    ++used;
    const results::Segmentation answer =
        segmenter.ask(segmenter.encode(sample->rgb), data.words, options);
    for (const bool agnostic : {false, true}) {
      quality.add(truth_of(*sample, agnostic), answer_of(answer.panoptic(), agnostic),
                  sample->name);
    }
  }
  const auto classes = static_cast<int64_t>(data.source.vocabulary.classes.size());
  add_over_processes(quality, classes, processes);
  if (!processes.any(used > 0)) return {};
  std::vector<int64_t> all, seen, unseen;
  for (int64_t k = 0; k < classes; ++k) {
    all.push_back(k);
    (data.words.seen[k] ? seen : unseen).push_back(k);
  }
  const auto pq = [&](const std::vector<int64_t>& categories) {
    return 100 * quality.mean(categories).pq;
  };
  engine::Numbers numbers = {{"PQ", pq(all)}, {"PQ_seen", pq(seen)}, {"PQ_masks", pq({kAgnostic})}};
  if (!unseen.empty()) numbers["PQ_unseen"] = pq(unseen);
  return numbers;
}

at::Tensor predictions_sheet(const segmenter::Segmenter& segmenter, const LiveData& data) {
  constexpr int64_t kColumns = 2;
  const classify::Vocabulary& vocabulary = data.source.vocabulary;
  std::vector<at::Tensor> tiles;
  for (int64_t i = 0; i < judged_pictures(data); ++i) {
    const std::optional<data::Sample> sample = usable_sample(data, i);
    if (!sample) continue;
    const results::Segmentation answer =
        segmenter.ask(segmenter.encode(sample->rgb), data.words, segmenter.ask_defaults());
    draw::OverlayOptions options;
    options.min_longer_side = 512;
    options.max_longer_side = 1024;
    options.class_colours = draw::vocabulary_colours(vocabulary);
    const auto drawn = [&](const std::string& heading, const results::Segmentation& shown) {
      return draw::with_heading(draw::draw_overlay(sample->rgb, shown, options), heading);
    };
    tiles.push_back(
        draw::tile_images({drawn(sample->name + ": truth",
                                 eval::truth_overlay(sample->ids, sample->segments, vocabulary)),
                           drawn("prediction", answer)},
                          2));
  }
  return tiles.empty() ? at::Tensor() : draw::tile_images(tiles, kColumns, {12, 255});
}

}  // namespace fcclip::train
