#include "fcclip/eval/answer.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/data/truth_masks.h"
#include "fcclip/eval/cityscapes_answer.h"
#include "fcclip/ops/host.h"
#include "fcclip/segmenter/mask_overlaps.h"

namespace fcclip::eval {
namespace {

// The federated rule: only judged classes count, and what is found beyond the marked instances of
// an incompletely marked class is no mistake: a crowd that covers the picture absorbs it.
void apply_federated(const data::PictureInstances& truth, Size size,
                     std::vector<InstanceTruth>& truths, std::vector<Detection>& found) {
  if (!truth.is_federated) return;
  std::erase_if(found, [&](const Detection& d) {
    return std::find(truth.judged_classes.begin(), truth.judged_classes.end(), d.class_index) ==
           truth.judged_classes.end();
  });
  for (const int64_t k : truth.incomplete_classes) {
    InstanceTruth all;
    all.class_index = k;
    all.box_xywh_px = {0, 0, static_cast<double>(size.width), static_cast<double>(size.height)};
    all.area_px = static_cast<double>(size.width * size.height);
    all.is_crowd = true;
    all.mask = {size, {0, static_cast<uint32_t>(size.width * size.height)}};
    truths.push_back(std::move(all));
  }
}

void score_instances(PictureScores& scores, const data::PictureInstances& truth,
                     const results::InstanceSegmentation& answer, Size size, int64_t index) {
  std::vector<InstanceTruth> truths = truth.instances;
  std::vector<Detection> found;
  for (const results::Segment& instance : answer.segments) {
    Detection d;
    d.class_index = instance.class_index;
    d.score = instance.score;
    for (int i = 0; i < 4; ++i) d.box_xywh_px[i] = static_cast<double>(instance.box_xywh_px[i]);
    d.area_px = static_cast<double>(instance.area_px);
    d.mask = {size, instance.rle_counts};
    found.push_back(std::move(d));
  }
  apply_federated(truth, size, truths, found);
  scores.masks.add_image(index, truths, found);
  use_box_areas(found);
  scores.boxes.add_image(index, truths, found);
}

PanopticMap map_of(const results::PanopticSegmentation& result, bool agnostic) {
  PanopticMap map{result.ids, {}};
  for (const results::Segment& s : result.segments) {
    map.segments.push_back({s.id, agnostic ? 0 : s.class_index, s.area_px, false});
  }
  return map;
}

}  // namespace

data::PictureInstances instances_of(const PanopticMap& map,
                                    const classify::Vocabulary& vocabulary) {
  data::PictureInstances out;
  for (const MapSegment& segment : map.segments) {
    if (!vocabulary.classes[segment.class_index].is_thing) continue;
    data::InstanceTruth truth;
    truth.class_index = segment.class_index;
    truth.is_crowd = segment.is_crowd;
    truth.mask = results::from_mask(map.ids.eq(segment.id));
    truth.area_px = static_cast<double>(results::area(truth.mask));
    truth.box_xywh_px = data::box_of_mask(truth.mask);
    out.instances.push_back(std::move(truth));
  }
  return out;
}

PictureTruth read_truth(const data::DatasetSplit& split, int64_t index,
                        const EvaluateOptions& options) {
  PictureTruth truth;
  if (split.has_panoptic()) {
    data::PanopticTruth read = split.panoptic(index);
    PanopticMap map{data::only_listed(read.ids, read.segments), {}};
    for (size_t i = 0; i < read.segments.size(); ++i) {
      const data::TruthSegment& s = read.segments[i];
      map.segments.push_back({s.id, s.class_index, read.areas_px[i], s.is_crowd});
    }
    truth.panoptic = std::move(map);
  }
  if (options.instances) {
    truth.instances = split.has_instances() ? split.instances(index)
                                            : instances_of(*truth.panoptic, split.vocabulary());
  }
  if (options.semantic) truth.labels = split.labels(index);
  return truth;
}

void score_answer(PictureScores& scores, const PictureTruth& truth, const PictureAnswer& answer,
                  int64_t index, std::string_view picture) {
  try {
    if (answer.panoptic && truth.panoptic) {
      scores.panoptic.add(*truth.panoptic, map_of(*answer.panoptic, false), picture);
      PanopticMap same = *truth.panoptic;
      for (MapSegment& segment : same.segments) segment.class_index = 0;
      scores.agnostic.add(same, map_of(*answer.panoptic, true), picture);
    }
    if (answer.instances && truth.instances) {
      Size size{0, 0};
      if (!truth.instances->instances.empty()) size = truth.instances->instances.front().mask.size;
      if (size.height == 0 && answer.labels.defined()) {
        size = {answer.labels.size(0), answer.labels.size(1)};
      }
      if (size.height == 0 && answer.panoptic) {
        size = {answer.panoptic->ids.size(0), answer.panoptic->ids.size(1)};
      }
      score_instances(scores, *truth.instances, *answer.instances, size, index);
    }
    if (answer.labels.defined() && truth.labels.defined()) {
      scores.semantic.add(truth.labels, answer.labels, -1);
    }
    if (truth.cityscapes) score_cityscapes_answer(scores, *truth.cityscapes, answer);
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.find(picture) != std::string::npos) throw;
    fail(error.code(), picture, ": ", message);
  }
}

TrueRegions true_regions(const PictureTruth& truth, const classify::Vocabulary& vocabulary) {
  TrueRegions regions;
  std::vector<at::Tensor> masks;
  const auto add = [&](at::Tensor mask, int64_t class_index, int64_t id) {
    masks.push_back(std::move(mask));
    regions.classes.push_back(class_index);
    regions.ids.push_back(id);
    regions.from_things.push_back(vocabulary.classes[class_index].is_thing);
  };
  if (truth.panoptic) {
    for (const MapSegment& s : truth.panoptic->segments) {
      add(truth.panoptic->ids.eq(s.id), s.class_index, s.id);
    }
  } else if (truth.instances) {
    for (const data::InstanceTruth& t : truth.instances->instances) {
      add(results::to_mask(t.mask).to(at::kBool), t.class_index, std::ssize(masks) + 1);
    }
  } else {
    for (const auto& [label, area] : data::areas_of_ids(truth.labels)) {
      if (label >= 0) add(truth.labels.eq(label), label, std::ssize(masks) + 1);
    }
  }
  if (!masks.empty()) regions.masks = at::stack(masks);
  return regions;
}

at::Tensor true_names(const segmenter::EncodedImage& image, const TrueRegions& regions,
                      int64_t classes) {
  const int64_t queries = image.mask_logits.size(0);
  at::Tensor probs = at::zeros({queries, classes + 1});
  if (!regions.masks.defined()) {
    probs.select(1, classes).fill_(1);
    return (probs + 1e-8).log();
  }
  // The truth at the grid cells' centres; cells beyond the picture are left out.
  const auto centres = [](int64_t resized, int64_t original) {
    const int64_t cells = (resized + 3) / 4;
    const at::Tensor at_px = (at::arange(cells).to(at::kDouble) + 0.5) * 4 *
                             (static_cast<double>(original) / static_cast<double>(resized));
    return at_px.floor().to(at::kLong).clamp_max(original - 1);
  };
  const at::Tensor rows = centres(image.resized.height, image.original.height);
  const at::Tensor columns = centres(image.resized.width, image.original.width);
  const at::Tensor truth = regions.masks.index_select(1, rows).index_select(2, columns);
  const at::Tensor found =
      ops::on_host(image.mask_logits).slice(1, 0, rows.size(0)).slice(2, 0, columns.size(0)).gt(0);
  const auto [iou, best] = segmenter::mask_overlaps(found, truth).max(1);
  for (int64_t q = 0; q < queries; ++q) {
    const auto overlap = iou[q].item<float>();
    probs[q][regions.classes[best[q].item<int64_t>()]] = overlap;
    probs[q][classes] = 1 - overlap;
  }
  return (probs + 1e-8).log();
}

PictureAnswer answer_with_true_masks(const PictureTruth& truth, const TrueRegions& regions,
                                     const at::Tensor& log_probs,
                                     const classify::Vocabulary& vocabulary) {
  PictureAnswer answer;
  results::PanopticSegmentation panoptic;
  results::InstanceSegmentation instances;
  const at::Tensor like = truth.panoptic ? truth.panoptic->ids : truth.labels;
  const int64_t classes = log_probs.size(1) - 1;
  const at::Tensor probs = at::softmax(ops::on_host(log_probs), 1).slice(1, 0, classes);
  const auto [scores, best] = probs.max(1);
  at::Tensor labels = at::zeros(regions.masks.sizes().slice(1), at::kInt);
  panoptic.ids = at::zeros(regions.masks.sizes().slice(1), at::kInt);
  for (int64_t s = 0; s < regions.masks.size(0); ++s) {
    const int64_t k = best[s].item<int64_t>();
    const at::Tensor mask = regions.masks[s];
    results::Segment segment;
    segment.id = s + 1;
    segment.class_index = k;
    segment.is_thing = vocabulary.classes[k].is_thing;
    segment.query = s;
    segment.score = scores[s].item<double>();
    const results::Rle rle = results::from_mask(mask);
    segment.area_px = results::area(rle);
    segment.box_xywh_px = results::box_xywh(rle);
    labels.masked_fill_(mask, k);
    panoptic.ids.masked_fill_(mask, s + 1);
    panoptic.segments.push_back(segment);
    segment.rle_counts = rle.counts;
    if (segment.is_thing) instances.segments.push_back(std::move(segment));
  }
  std::stable_sort(instances.segments.begin(), instances.segments.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  if (truth.panoptic) answer.panoptic = std::move(panoptic);
  if (truth.instances) answer.instances = std::move(instances);
  if (truth.labels.defined()) answer.labels = labels;
  return answer;
}

}  // namespace fcclip::eval
