// Every pixel goes to one of the competing masks. A query that has no chance in a tile is not
// resized there; the result is the same.

#include <algorithm>
#include <cmath>
#include <mutex>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/shared_progress.h"
#include "fcclip/ops/cpu/mask_geometry.h"
#include "fcclip/ops/cpu/ops.h"
#include "fcclip/ops/host.h"

namespace fcclip::ops::cpu {
namespace {

// The masks that compete.
struct Contest {
  std::vector<size_t> queries;
  std::vector<float> scores;
  size_t masks;  // all of them, competing or not
  size_t size() const { return queries.size(); }
};

Contest contest_of(const at::Tensor& scores) {
  const float* score = scores.const_data_ptr<float>();
  Contest contest;
  contest.masks = static_cast<size_t>(scores.size(0));
  for (size_t q = 0; q < contest.masks; ++q) {
    if (!(score[q] > 0)) continue;
    contest.queries.push_back(q);
    contest.scores.push_back(score[q]);
  }
  return contest;
}

// Of each mask q; the code of a pixel is 2·q, + 1 where the winner's sigmoid is >= 0.5.
struct Counts {
  std::vector<int64_t> by_code;   // pixels won, without and with the 0.5 test
  std::vector<int64_t> original;  // pixels with sigmoid >= 0.5, won or not
  explicit Counts(size_t masks) : by_code(2 * masks), original(masks) {}
};

// A query that can neither win a pixel of this tile nor add to its own area in it need not be
// resized.
class TilePruning {
 public:
  TilePruning(const MaskGeometry& geometry, const Contest& contest)
      : geometry_(geometry), contest_(contest) {}

  const std::vector<size_t>& candidates(const TileRows& rows, const TileColumns& columns,
                                        Counts& counts) {
    bounds_.clear();
    float surely = 0;
    for (size_t k = 0; k < contest_.size(); ++k) {
      bounds_.push_back(geometry_.bounds(static_cast<int64_t>(contest_.queries[k]), rows, columns));
      surely = std::max(surely, contest_.scores[k] * sigmoid(bounds_[k].low) * (1 - kSlack));
    }
    candidates_.clear();
    for (size_t k = 0; k < contest_.size(); ++k) {
      const bool may_win = contest_.scores[k] * sigmoid(bounds_[k].high) * (1 + kSlack) >= surely;
      const bool all_inside = bounds_[k].low > 0, none_inside = bounds_[k].high < -kRounded;
      if (may_win || !(all_inside || none_inside)) {
        candidates_.push_back(k);
      } else if (all_inside) {
        counts.original[contest_.queries[k]] += rows.height * columns.width;
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
  const Contest& contest_;
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

Counts find_winners(const MaskGeometry& geometry, const Contest& contest, const at::Tensor& ids,
                    const Progress& progress) {
  const std::vector<TileRows> row_tiles = geometry.row_tiles(8, 128);
  const std::vector<TileColumns> column_tiles = geometry.column_tiles(8, 128);
  const MaskRowKernels& kernels = mask_row_kernels();
  Counts total(contest.masks);
  std::mutex merging;
  SharedProgress done(progress, std::ssize(row_tiles), "parts");
  at::parallel_for(0, std::ssize(row_tiles), 1, [&](int64_t begin, int64_t end) {
    Counts counts(contest.masks);
    TilePruning pruning(geometry, contest);
    TileMask mask(geometry);
    std::vector<float> best, winner;
    for (int64_t t = begin; t < end; ++t) {
      const TileRows& rows = row_tiles[static_cast<size_t>(t)];
      for (const TileColumns& columns : column_tiles) {
        const int64_t n = columns.padded_width;
        best.assign(static_cast<size_t>(rows.height * n), -1.0f);
        winner.assign(best.size(), 0.0f);
        for (const size_t k : pruning.candidates(rows, columns, counts)) {
          const size_t query = contest.queries[k];
          mask.load(static_cast<int64_t>(query), rows, columns);
          for (int64_t y = 0; y < rows.height; ++y) {
            const float inside =
                kernels.argmax(mask.row(y), n, contest.scores[k], 2.0f * static_cast<float>(query),
                               {best.data() + y * n, winner.data() + y * n});
            counts.original[query] += static_cast<int64_t>(inside);
          }
        }
        write_codes(winner.data(), rows, columns, ids, counts);
      }
      if (!done.go_on()) return;
    }
    const std::lock_guard<std::mutex> lock(merging);
    for (size_t i = 0; i < total.by_code.size(); ++i) total.by_code[i] += counts.by_code[i];
    for (size_t k = 0; k < total.original.size(); ++k) total.original[k] += counts.original[k];
  });
  done.check();
  return total;
}

}  // namespace

MaskWinners mask_winners(const MaskSource& masks, const at::Tensor& scores) {
  const Contest contest = contest_of(on_host(scores));
  const at::Tensor codes = at::empty({masks.original.height, masks.original.width}, at::kInt);
  const Counts counts = find_winners(MaskGeometry(masks), contest, codes, masks.progress);
  return {codes, at::tensor(counts.by_code), at::tensor(counts.original)};
}

}  // namespace fcclip::ops::cpu
