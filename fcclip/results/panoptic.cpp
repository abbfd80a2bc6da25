// Panoptic results in two passes over the image: the first gives every pixel to a query and counts,
// then the overlap test decides, then the second turns winners into ids. The id map itself holds
// the winners between the passes, so nothing else is as large as the image.

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/ops/upsampled_masks.h"
#include "fcclip/results/class_probs.h"

namespace fcclip::results {
namespace {

struct Kept {
  std::vector<int64_t> query, class_index;
  std::vector<float> score;
  size_t size() const { return query.size(); }
};

Kept keep_queries(const at::Tensor& probs, double threshold) {
  const auto [scores, labels] = probs.max(-1);
  const float* score = scores.const_data_ptr<float>();
  const int64_t* label = labels.const_data_ptr<int64_t>();
  const int64_t void_class = probs.size(1) - 1;
  Kept kept;
  for (int64_t q = 0; q < probs.size(0); ++q) {
    if (label[q] == void_class || !(score[q] > threshold)) continue;
    kept.query.push_back(q);
    kept.class_index.push_back(label[q]);
    kept.score.push_back(score[q]);
  }
  return kept;
}

// The overlap test and the merging of stuff, in query order. Returns the id of each winner code.
std::vector<int32_t> decide(const Kept& kept, const ops::MaskWinners& winners,
                            const std::vector<bool>& is_thing, double overlap_threshold,
                            std::vector<Segment>& segments) {
  std::vector<int32_t> id_of_code(2 * kept.size(), 0);
  std::map<int64_t, int32_t> stuff_ids;
  for (size_t k = 0; k < kept.size(); ++k) {
    const int64_t inside = winners.pixels_of_code[2 * k + 1];
    const int64_t won = winners.pixels_of_code[2 * k] + inside;
    if (inside == 0) continue;
    const double share = static_cast<double>(won) / static_cast<double>(winners.pixels_inside[k]);
    if (share < overlap_threshold) continue;
    const int64_t label = kept.class_index[k];
    const bool thing = is_thing[static_cast<size_t>(label)];
    const auto merged = stuff_ids.find(label);
    if (!thing && merged != stuff_ids.end()) {
      id_of_code[2 * k + 1] = merged->second;
      segments[static_cast<size_t>(merged->second - 1)].area_px += inside;
      continue;
    }
    Segment segment;
    segment.id = static_cast<int64_t>(segments.size()) + 1;
    segment.class_index = label;
    segment.is_thing = thing;
    segment.query = kept.query[k];
    segment.score = kept.score[k];
    segment.area_px = inside;
    id_of_code[2 * k + 1] = static_cast<int32_t>(segment.id);
    if (!thing) stuff_ids[label] = static_cast<int32_t>(segment.id);
    segments.push_back(std::move(segment));
  }
  return id_of_code;
}

struct Extent {
  int64_t left = std::numeric_limits<int64_t>::max(), top = left, right = -1, bottom = -1;
  void add(int64_t y, int64_t begin, int64_t end) {
    left = std::min(left, begin);
    right = std::max(right, end - 1);
    top = std::min(top, y);
    bottom = std::max(bottom, y);
  }
};

// Winner codes become ids; the segments' boxes are seen on the way.
void relabel(const at::Tensor& ids, const std::vector<int32_t>& id_of_code,
             std::vector<Segment>& segments) {
  const int64_t height = ids.size(0), width = ids.size(1);
  int32_t* map = ids.data_ptr<int32_t>();
  std::vector<Extent> extents(segments.size() + 1);
  std::mutex merging;
  at::parallel_for(0, height, 16, [&](int64_t begin_row, int64_t end_row) {
    std::vector<Extent> local(extents.size());
    for (int64_t y = begin_row; y < end_row; ++y) {
      int32_t* line = map + y * width;
      for (int64_t begin = 0, end = 0; begin < width; begin = end) {
        const int32_t code = line[begin], id = id_of_code[static_cast<size_t>(code)];
        for (end = begin; end < width && line[end] == code; ++end) line[end] = id;
        local[static_cast<size_t>(id)].add(y, begin, end);
      }
    }
    const std::lock_guard<std::mutex> lock(merging);
    for (size_t i = 0; i < local.size(); ++i) {
      const Extent& e = local[i];
      if (e.right < 0) continue;
      extents[i].add(e.top, e.left, e.right + 1);
      extents[i].add(e.bottom, e.left, e.right + 1);
    }
  });
  for (Segment& segment : segments) {
    const Extent& e = extents[static_cast<size_t>(segment.id)];
    segment.box_xywh_px = {e.left, e.top, e.right - e.left + 1, e.bottom - e.top + 1};
  }
}

}  // namespace

PanopticSegmentation panoptic(const MaskSource& masks, const at::Tensor& class_log_probs,
                              const std::vector<bool>& is_thing, const PanopticOptions& options) {
  const at::Tensor probs = class_probs(masks, class_log_probs);
  check_things(is_thing, probs);
  ops::check_masks(masks);
  const Kept kept = keep_queries(probs, options.object_mask_threshold);
  if (kept.size() == 0) return {at::zeros({masks.original.height, masks.original.width}, at::kInt)};
  const ops::MaskWinners winners = ops::mask_winners(masks, kept.query, kept.score);
  PanopticSegmentation result;
  result.ids = winners.codes;
  const std::vector<int32_t> id_of_code =
      decide(kept, winners, is_thing, options.overlap_threshold, result.segments);
  relabel(result.ids, id_of_code, result.segments);
  return result;
}

}  // namespace fcclip::results
