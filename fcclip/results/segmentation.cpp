#include "fcclip/results/segmentation.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/results/rle.h"

namespace fcclip::results {
namespace {

constexpr std::array<std::string_view, 3> kTaskNames = {"panoptic", "instance", "semantic"};

template <typename Kind>
const Kind& found_as(const Segmentation& segmentation, Task wanted) {
  if (const Kind* found = std::get_if<Kind>(&segmentation.found)) return *found;
  fail(ErrorCode::invalid_argument, "expected a segmentation of kind ", task_name(wanted), ", got ",
       task_name(segmentation.task()));
}

int64_t bytes_of(const at::Tensor& map) {
  return map.defined() ? static_cast<int64_t>(map.nbytes()) : 0;
}

int64_t bytes_of(const std::vector<Segment>& segments) {
  size_t sum = 0;
  for (const Segment& one : segments) sum += one.rle_counts.size() * sizeof(uint32_t) + sizeof one;
  return static_cast<int64_t>(sum);
}

}  // namespace

std::string_view task_name(Task task) {
  return kTaskNames.at(static_cast<size_t>(task));
}

std::optional<Task> task_named(std::string_view name) {
  const auto found = std::find(kTaskNames.begin(), kTaskNames.end(), name);
  if (found == kTaskNames.end()) return std::nullopt;
  return static_cast<Task>(found - kTaskNames.begin());
}

const std::vector<Segment>& Segmentation::segments() const {
  return std::visit([](const auto& kind) -> const std::vector<Segment>& { return kind.segments; },
                    found);
}

std::vector<Segment>& Segmentation::segments() {
  return std::visit([](auto& kind) -> std::vector<Segment>& { return kind.segments; }, found);
}

const PanopticSegmentation& Segmentation::panoptic() const {
  return found_as<PanopticSegmentation>(*this, Task::panoptic);
}

const InstanceSegmentation& Segmentation::instances() const {
  return found_as<InstanceSegmentation>(*this, Task::instance);
}

const SemanticSegmentation& Segmentation::semantic() const {
  return found_as<SemanticSegmentation>(*this, Task::semantic);
}

at::Tensor mask_in_box(const Segmentation& segmentation, const Segment& segment) {
  const std::array<int64_t, 4>& box = segment.box_xywh_px;
  const auto in_box = [&](const at::Tensor& map) {
    return map.slice(0, box[1], box[1] + box[3]).slice(1, box[0], box[0] + box[2]);
  };
  switch (segmentation.task()) {
    case Task::panoptic:
      return in_box(segmentation.panoptic().ids).eq(segment.id);
    case Task::semantic:
      return in_box(segmentation.semantic().labels).eq(segment.class_index);
    case Task::instance:
      break;
  }
  return in_box(to_mask({segmentation.size, segment.rle_counts}));
}

int64_t bytes_held(const PanopticSegmentation& found) {
  return bytes_of(found.ids) + bytes_of(found.segments);
}

int64_t bytes_held(const InstanceSegmentation& found) {
  return bytes_of(found.segments);
}

int64_t bytes_held(const SemanticSegmentation& found) {
  return bytes_of(found.labels) + bytes_of(found.segments);
}

int64_t bytes_held(const Segmentation& segmentation) {
  return std::visit([](const auto& found) { return bytes_held(found); }, segmentation.found);
}

}  // namespace fcclip::results
