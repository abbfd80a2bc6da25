// Panoptic results in two passes over the image: the first gives every pixel to a query and counts,
// then the overlap test decides, then the second turns winners into ids. The id map itself holds
// the winners between the passes, so nothing else is as large as the image.

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>
#include <tuple>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/ops/host.h"
#include "fcclip/ops/upsampled_masks.h"
#include "fcclip/results/class_probs.h"

namespace fcclip::results {
namespace {

// The overlap test and the merging of stuff, in query order. Returns the id of each winner code. A mask
// that does not compete has won nothing inside of it.
std::vector<int32_t> decide(const PanopticVotes& votes, const std::vector<bool>& is_thing,
                            double overlap_threshold, std::vector<Segment>& segments) {
  const int64_t queries = votes.scores.size(0);
  const int64_t* pixels_of_code = votes.winners.pixels_of_code.const_data_ptr<int64_t>();
  const int64_t* pixels_inside = votes.winners.pixels_inside.const_data_ptr<int64_t>();
  std::vector<int32_t> id_of_code(static_cast<size_t>(std::max<int64_t>(2 * queries, 1)), 0);
  std::map<int64_t, int32_t> stuff_ids;
  for (int64_t q = 0; q < queries; ++q) {
    const int64_t inside = pixels_of_code[2 * q + 1], won = pixels_of_code[2 * q] + inside;
    if (inside == 0) continue;
    const double share = static_cast<double>(won) / static_cast<double>(pixels_inside[q]);
    if (share < overlap_threshold) continue;
    const int64_t label = votes.labels.const_data_ptr<int64_t>()[q];
    int32_t& id = id_of_code[static_cast<size_t>(2 * q + 1)];
    const bool thing = is_thing[static_cast<size_t>(label)];
    const auto merged = stuff_ids.find(label);
    if (!thing && merged != stuff_ids.end()) {
      id = merged->second;
      segments[static_cast<size_t>(merged->second - 1)].area_px += inside;
      continue;
    }
    Segment segment;
    segment.id = static_cast<int64_t>(segments.size()) + 1;
    segment.class_index = label;
    segment.is_thing = thing;
    segment.query = q;
    segment.score = votes.scores.const_data_ptr<float>()[q];
    segment.area_px = inside;
    id = static_cast<int32_t>(segment.id);
    if (!thing) stuff_ids[label] = id;
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

std::vector<at::Tensor*> PanopticVotes::tensors() {
  return {&winners.codes, &winners.pixels_of_code, &winners.pixels_inside, &scores, &labels};
}

PanopticVotes panoptic_votes(const MaskSource& masks, const at::Tensor& class_log_probs,
                             const PanopticOptions& options) {
  const at::Tensor probs = class_probs_there(masks, class_log_probs);
  ops::check_masks(masks);
  PanopticVotes votes;
  votes.classes = probs.size(1) - 1;
  std::tie(votes.scores, votes.labels) = probs.max(-1);
  const at::Tensor competes =
      votes.labels.ne(votes.classes).logical_and(votes.scores.gt(options.object_mask_threshold));
  votes.scores = at::where(competes, votes.scores, 0.0);
  votes.winners = ops::mask_winners(masks, votes.scores);
  return votes;
}

PanopticSegmentation panoptic(PanopticVotes votes, const std::vector<bool>& is_thing,
                              const PanopticOptions& options) {
  check_things(is_thing, votes.classes);
  PanopticSegmentation result;
  result.ids = ops::to_keep(votes.winners.codes);
  const std::vector<int32_t> id_of_code =
      decide(votes, is_thing, options.overlap_threshold, result.segments);
  relabel(result.ids, id_of_code, result.segments);
  return result;
}

PanopticSegmentation panoptic(const MaskSource& masks, const at::Tensor& class_log_probs,
                              const std::vector<bool>& is_thing, const PanopticOptions& options) {
  PanopticVotes votes = panoptic_votes(masks, class_log_probs, options);
  ops::bring_to_host(votes.tensors());
  return panoptic(std::move(votes), is_thing, options);
}

}  // namespace fcclip::results
