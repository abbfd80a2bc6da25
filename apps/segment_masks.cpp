#include "apps/segment_masks.h"

#include <ATen/ATen.h>

#include "fcclip/results/rle.h"

namespace fcclip::apps {

at::Tensor mask_in_box(const Segment& segment, const Segmentation& result) {
  const auto [x, y, width, height] = segment.box_xywh_px;
  const bool runs = result.task == Task::instance;
  const at::Tensor map = runs ? results::to_mask({result.size, segment.rle_counts}) : result.ids;
  const at::Tensor part = map.slice(0, y, y + height).slice(1, x, x + width);
  if (runs) return part;
  // A semantic map holds class positions, not segment ids.
  return part.eq(result.task == Task::semantic ? segment.class_index : segment.id);
}

}  // namespace fcclip::apps
