#include "fcclip/video/observe.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/core/round_up.h"
#include "fcclip/nn/unit.h"
#include "fcclip/ops/host.h"

namespace fcclip::video {
namespace {

constexpr int64_t kSmallMapSide = 96;

// Every n-th pixel: ids have no mean.
at::Tensor small_map(const at::Tensor& ids) {
  const int64_t step =
      std::max<int64_t>(1, divide_up(std::max(ids.size(0), ids.size(1)), kSmallMapSide));
  return ids.slice(0, step / 2, {}, step).slice(1, step / 2, {}, step);
}

}  // namespace

std::vector<Observation> observe(const segmenter::EncodedImage& image,
                                 const results::Segmentation& answer) {
  const c10::InferenceMode guard;
  const at::Tensor map = small_map(answer.panoptic().ids);
  const at::Tensor both = ops::on_host(at::cat({nn::unit(image.class_embed.to(at::kFloat)),
                                                nn::unit(image.clip_embed.to(at::kFloat))},
                                               -1) *
                                       std::sqrt(0.5));
  std::vector<Observation> seen;
  for (const results::Segment& segment : answer.segments()) {
    seen.push_back({segment.class_index, segment.is_thing, both[segment.query], map == segment.id});
  }
  return seen;
}

void rename_segments(results::Segmentation& answer, const std::vector<int64_t>& ids) {
  auto& panoptic = std::get<results::PanopticSegmentation>(answer.found);
  std::vector<int64_t> new_ids(ids.size() + 1, 0);
  for (size_t k = 0; k < ids.size(); ++k) {
    results::Segment& segment = panoptic.segments[k];
    new_ids[segment.id] = ids[k];
    segment.id = ids[k];
  }
  const at::Tensor table = at::tensor(new_ids, at::kInt);
  panoptic.ids = table.index_select(0, panoptic.ids.flatten()).view(panoptic.ids.sizes());
}

}  // namespace fcclip::video
