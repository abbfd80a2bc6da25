// Panoptic results in two passes over the image: the first gives every pixel to a query and counts,
// then the overlap test decides, then the second turns winners into ids. The id map itself holds
// the winners between the passes, so nothing else is as large as the image.

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/results/class_probs.h"
#include "fcclip/results/mask_geometry.h"

namespace fcclip::results {
namespace {

struct Kept {
  std::vector<int64_t> query, class_index;
  std::vector<float> score;
  size_t size() const { return query.size(); }
};

// Per kept query; the winner code of a pixel is 2·k, + 1 where the winner's sigmoid is at least
// 0.5.
struct Counts {
  std::vector<int64_t> by_code;   // pixels won, without and with the 0.5 test
  std::vector<int64_t> original;  // pixels with sigmoid >= 0.5, won or not
  explicit Counts(size_t kept) : by_code(2 * kept), original(kept) {}
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

// A query that can neither win a pixel of this tile nor add to its own area in it need not be
// resized.
class TilePruning {
 public:
  TilePruning(const MaskGeometry& geometry, const Kept& kept) : geometry_(geometry), kept_(kept) {}

  const std::vector<size_t>& candidates(const TileRows& rows, const TileColumns& columns,
                                        Counts& counts) {
    bounds_.clear();
    float surely = 0;
    for (size_t k = 0; k < kept_.size(); ++k) {
      bounds_.push_back(geometry_.bounds(kept_.query[k], rows, columns));
      surely = std::max(surely, kept_.score[k] * sigmoid(bounds_[k].low) * (1 - kSlack));
    }
    candidates_.clear();
    for (size_t k = 0; k < kept_.size(); ++k) {
      const bool may_win = kept_.score[k] * sigmoid(bounds_[k].high) * (1 + kSlack) >= surely;
      const bool all_inside = bounds_[k].low > 0, none_inside = bounds_[k].high < -kRounded;
      if (may_win || !(all_inside || none_inside)) {
        candidates_.push_back(k);
      } else if (all_inside) {
        counts.original[k] += rows.height * columns.width;
      }
    }
    return candidates_;
  }

 private:
  static constexpr float kSlack =
      1e-5f;  // the kernels' sigmoid differs from this one in the last places
  static constexpr float kRounded = 1e-6f;  // sigmoid(x) rounds to 0.5 for x this close to 0
  static float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

  const MaskGeometry& geometry_;
  const Kept& kept_;
  std::vector<Bounds> bounds_;
  std::vector<size_t> candidates_;
};

// Writes the winner codes of one tile into the map, counting runs of equal codes.
void write_codes(const float* winner, const TileRows& rows, const TileColumns& columns,
                 const at::Tensor& ids, Counts& counts) {
  const int64_t width = ids.size(1);
  int32_t* map = ids.data_ptr<int32_t>() + rows.y * width + columns.x;
  for (int64_t y = 0; y < rows.height; ++y) {
    const float* line = winner + y * columns.padded_width;
    int64_t begin = 0;
    for (int64_t x = 0; x < columns.width; ++x) {
      map[y * width + x] = static_cast<int32_t>(line[x]);
      if (line[x] != line[begin]) {
        counts.by_code[static_cast<size_t>(line[begin])] += x - begin;
        begin = x;
      }
    }
    counts.by_code[static_cast<size_t>(line[begin])] += columns.width - begin;
  }
}

Counts find_winners(const MaskGeometry& geometry, const Kept& kept, const at::Tensor& ids) {
  const std::vector<TileRows> row_tiles = geometry.row_tiles(8, 128);
  const std::vector<TileColumns> column_tiles = geometry.column_tiles(8, 128);
  const ops::MaskRowKernels& kernels = ops::mask_row_kernels();
  Counts total(kept.size());
  std::mutex merging;
  at::parallel_for(0, static_cast<int64_t>(row_tiles.size()), 1, [&](int64_t begin, int64_t end) {
    Counts counts(kept.size());
    TilePruning pruning(geometry, kept);
    TileMask mask(geometry);
    std::vector<float> best, winner;
    for (int64_t t = begin; t < end; ++t) {
      const TileRows& rows = row_tiles[static_cast<size_t>(t)];
      for (const TileColumns& columns : column_tiles) {
        const int64_t n = columns.padded_width;
        best.assign(static_cast<size_t>(rows.height * n), -1.0f);
        winner.assign(best.size(), 0.0f);
        for (const size_t k : pruning.candidates(rows, columns, counts)) {
          mask.load(kept.query[k], rows, columns);
          for (int64_t y = 0; y < rows.height; ++y) {
            const float inside = kernels.argmax(mask.row(y), n, kept.score[k], 2.0f * k,
                                                {best.data() + y * n, winner.data() + y * n});
            counts.original[k] += static_cast<int64_t>(inside);
          }
        }
        write_codes(winner.data(), rows, columns, ids, counts);
      }
    }
    const std::lock_guard<std::mutex> lock(merging);
    for (size_t i = 0; i < total.by_code.size(); ++i) total.by_code[i] += counts.by_code[i];
    for (size_t k = 0; k < total.original.size(); ++k) total.original[k] += counts.original[k];
  });
  return total;
}

// The overlap test and the merging of stuff, in query order. Returns the id of each winner code.
std::vector<int32_t> decide(const Kept& kept, const Counts& counts,
                            const std::vector<bool>& is_thing, double overlap_threshold,
                            std::vector<Segment>& segments) {
  std::vector<int32_t> id_of_code(2 * kept.size(), 0);
  std::map<int64_t, int32_t> stuff_ids;
  for (size_t k = 0; k < kept.size(); ++k) {
    const int64_t inside = counts.by_code[2 * k + 1];
    const int64_t won = counts.by_code[2 * k] + inside;
    if (inside == 0) continue;
    const double share = static_cast<double>(won) / static_cast<double>(counts.original[k]);
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
  const MaskGeometry geometry(masks);
  const Kept kept = keep_queries(probs, options.object_mask_threshold);
  PanopticSegmentation result;
  result.ids = at::zeros({geometry.original().height, geometry.original().width}, at::kInt);
  if (kept.size() == 0) return result;
  const Counts counts = find_winners(geometry, kept, result.ids);
  const std::vector<int32_t> id_of_code =
      decide(kept, counts, is_thing, options.overlap_threshold, result.segments);
  relabel(result.ids, id_of_code, result.segments);
  return result;
}

}  // namespace fcclip::results
