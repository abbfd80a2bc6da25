#include "fcclip/api/answers.h"

#include <ATen/ATen.h>

#include "fcclip/core/boundary.h"
#include "fcclip/results/rle.h"

namespace fcclip {
inline namespace v1 {
namespace {

// The map of a semantic answer holds classes inside the library, segments' ids outside.
std::vector<int32_t> ids_of_classes(const results::SemanticSegmentation& found) {
  int64_t classes = 0;
  for (const results::Segment& segment : found.segments)
    classes = std::max(classes, segment.class_index + 1);
  std::vector<int32_t> id_of(static_cast<size_t>(classes), 0);
  for (const results::Segment& segment : found.segments)
    id_of[static_cast<size_t>(segment.class_index)] = static_cast<int32_t>(segment.id);
  const at::Tensor labels = found.labels.contiguous();
  const std::span pixels(labels.const_data_ptr<int32_t>(), static_cast<size_t>(labels.numel()));
  std::vector<int32_t> ids(pixels.size());
  for (size_t i = 0; i < pixels.size(); ++i)
    ids[i] = pixels[i] >= 0 && pixels[i] < classes ? id_of[static_cast<size_t>(pixels[i])] : 0;
  return ids;
}

std::vector<int32_t> copied_ids(const results::PanopticSegmentation& found) {
  const at::Tensor ids = found.ids.contiguous();
  const int32_t* first = ids.const_data_ptr<int32_t>();
  return {first, first + ids.numel()};
}

// Inside and outside a segment has the same fields; the public header names no tensor, nor headers
// that do.
template <typename To, typename From>
To segment_as(From from) {
  To to;
  to.id = from.id;
  to.class_index = from.class_index;
  to.name = std::move(from.name);
  to.synonym = std::move(from.synonym);
  to.is_thing = from.is_thing;
  to.score = from.score;
  to.in_vocabulary_score = from.in_vocabulary_score;
  to.out_of_vocabulary_score = from.out_of_vocabulary_score;
  for (auto& next : from.next_best) to.next_best.push_back({std::move(next.name), next.score});
  to.area_px = from.area_px;
  to.box_xywh_px = from.box_xywh_px;
  to.rle_counts = std::move(from.rle_counts);
  to.query = from.query;
  return to;
}

void check_ids(const Segmentation& answer) {
  if (std::ssize(answer.ids) != answer.size.height * answer.size.width) {
    fail(ErrorCode::shape_mismatch, "the answer is of ", answer.size.width, " x ",
         answer.size.height, " pixels, but has ", answer.ids.size(), " ids");
  }
}

at::Tensor ids_map(const Segmentation& answer) {
  check_ids(answer);
  return at::from_blob(const_cast<int32_t*>(answer.ids.data()),
                       {answer.size.height, answer.size.width}, at::kInt);
}

// Ids that no segment has any more become "none".
at::Tensor classes_of_ids(const Segmentation& answer) {
  int64_t last = 0;
  for (const Segment& segment : answer.segments) last = std::max(last, segment.id);
  std::vector<int32_t> class_of(static_cast<size_t>(last) + 1, -1);
  for (const Segment& segment : answer.segments)
    if (segment.id > 0)
      class_of[static_cast<size_t>(segment.id)] = static_cast<int32_t>(segment.class_index);
  at::Tensor labels = ids_map(answer).clone();
  const std::span pixels(labels.data_ptr<int32_t>(), answer.ids.size());
  for (int32_t& pixel : pixels)
    pixel = pixel >= 0 && pixel <= last ? class_of[static_cast<size_t>(pixel)] : -1;
  return labels;
}

results::Rle runs_of(const Segmentation& answer, const Segment& segment) {
  if (!segment.rle_counts.empty()) return results::from_counts(segment.rle_counts, answer.size);
  return results::from_mask(ids_map(answer) == segment.id);
}

}  // namespace

Segmentation answer_of(results::Segmentation&& found) {
  Segmentation answer;
  answer.task = static_cast<Task>(found.task());
  answer.size = found.size;
  answer.min_score = found.min_score;
  answer.below_min_score = found.below_min_score;
  if (answer.task == Task::panoptic) answer.ids = copied_ids(found.panoptic());
  if (answer.task == Task::semantic) answer.ids = ids_of_classes(found.semantic());
  for (results::Segment& segment : found.segments())
    answer.segments.push_back(segment_as<Segment>(std::move(segment)));
  return answer;
}

results::Segmentation segmentation_of(const Segmentation& answer) {
  std::vector<results::Segment> segments;
  for (const Segment& segment : answer.segments)
    segments.push_back(segment_as<results::Segment>(segment));
  results::Segmentation out;
  out.size = answer.size;
  out.min_score = answer.min_score;
  out.below_min_score = answer.below_min_score;
  switch (answer.task) {
    case Task::panoptic:
      out.found = results::PanopticSegmentation{ids_map(answer).clone(), std::move(segments)};
      break;
    case Task::instance:
      out.found = results::InstanceSegmentation{std::move(segments)};
      break;
    case Task::semantic:
      out.found = results::SemanticSegmentation{classes_of_ids(answer), std::move(segments)};
      break;
  }
  return out;
}

std::vector<uint8_t> mask_of(const Segmentation& answer, const Segment& segment) {
  return translating_errors([&] {
    const at::Tensor mask = segment.rle_counts.empty()
                                ? (ids_map(answer) == segment.id).to(at::kByte)
                                : results::to_mask(runs_of(answer, segment));
    const uint8_t* first = mask.const_data_ptr<uint8_t>();
    return std::vector<uint8_t>(first, first + mask.numel());
  });
}

std::string rle_of(const Segmentation& answer, const Segment& segment) {
  return translating_errors([&] { return results::to_string(runs_of(answer, segment)); });
}

}  // namespace v1
}  // namespace fcclip
