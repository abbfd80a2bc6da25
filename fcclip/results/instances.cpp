// Instance results: one query at a time, down strips of columns. A strip keeps for each of its
// columns the rows where the mask begins or ends, which is all that column-major run lengths need:
// memory is one strip and the runs themselves, whatever the image's size and the number of
// instances.

#include <algorithm>
#include <map>
#include <numeric>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/results/class_probs.h"
#include "fcclip/results/mask_geometry.h"
#include "fcclip/results/rle.h"

namespace fcclip::results {
namespace {

struct Pick {
  int64_t query, class_index;
  float score;
};

struct QueryMask {
  Rle rle;
  double mean_sigmoid = 0;
};

// The best (query, class) pairs over all classes, then the things among them: the order matters,
// fewer than top_k may remain. Equal scores: the lower (query, class) first.
std::vector<Pick> pick(const at::Tensor& probs, const std::vector<bool>& is_thing,
                       const InstanceOptions& options) {
  const int64_t classes = probs.size(1) - 1;
  const float* p = probs.const_data_ptr<float>();
  std::vector<int64_t> order(static_cast<size_t>(probs.size(0) * classes));
  std::iota(order.begin(), order.end(), 0);
  const auto score = [&](int64_t i) { return p[i / classes * (classes + 1) + i % classes]; };
  const auto better = [&](int64_t a, int64_t b) {
    return score(a) > score(b) || (score(a) == score(b) && a < b);
  };
  const int64_t wanted = std::max<int64_t>(options.top_k, 0);
  const auto kept = order.begin() + std::min<int64_t>(wanted, static_cast<int64_t>(order.size()));
  std::partial_sort(order.begin(), kept, order.end(), better);
  std::vector<Pick> picks;
  for (auto i = order.begin(); i != kept; ++i) {
    if (options.things_only && !is_thing[static_cast<size_t>(*i % classes)]) continue;
    picks.push_back({*i / classes, *i % classes, score(*i)});
  }
  return picks;
}

// Column-major run lengths from the rows where each column's mask changes.
class RunWriter {
 public:
  explicit RunWriter(Size size) { rle_.size = size; }
  void column(const std::vector<int32_t>& changes) {
    int64_t from = 0;
    bool inside = false;
    for (const int32_t y : changes) {
      run(inside, y - from);
      from = y;
      inside = !inside;
    }
    run(inside, rle_.size.height - from);
  }
  Rle finish() { return std::move(rle_); }

 private:
  void run(bool inside, int64_t n) {
    if (n == 0) return;
    if (rle_.counts.empty() && inside) rle_.counts.push_back(0);
    const bool continues = !rle_.counts.empty() && (rle_.counts.size() % 2 == 0) == inside;
    if (!continues) rle_.counts.push_back(0);
    rle_.counts.back() += static_cast<uint32_t>(n);
  }
  Rle rle_;
};

class QueryScanner {
 public:
  explicit QueryScanner(const MaskGeometry& geometry)
      : geometry_(geometry),
        rows_(geometry.row_tiles(8, 128)),
        columns_(geometry.column_tiles(8, 128)) {}

  QueryMask scan(int64_t query) const {
    RunWriter writer(geometry_.original());
    Strip strip(geometry_);
    double sum = 0;
    for (const TileColumns& columns : columns_) {
      strip.begin(columns);
      for (const TileRows& rows : rows_) strip.add(query, rows, columns);
      for (int64_t x = 0; x < columns.width; ++x) writer.column(strip.changes(x));
      sum += strip.sigmoids_inside();
    }
    QueryMask result;
    result.rle = writer.finish();
    result.mean_sigmoid = sum / (static_cast<double>(area(result.rle)) + 1e-6);
    return result;
  }

 private:
  class Strip {
   public:
    explicit Strip(const MaskGeometry& geometry) : geometry_(geometry), mask_(geometry) {}

    void begin(const TileColumns& columns) {
      inside_.assign(static_cast<size_t>(columns.padded_width), 0.0f);
      changed_.assign(inside_.size(), 0.0f);
      changes_.resize(std::max(changes_.size(), inside_.size()));
      for (std::vector<int32_t>& rows : changes_) rows.clear();
      empty_ = true;
      sum_ = 0;
    }

    void add(int64_t query, const TileRows& rows, const TileColumns& columns) {
      if (geometry_.bounds(query, rows, columns).high < 0) return leave(rows.y);
      mask_.load(query, rows, columns);
      for (int64_t y = 0; y < rows.height; ++y) {
        if (ops::mask_row_kernels().mask(mask_.row(y), columns.padded_width,
                                         {inside_.data(), changed_.data()}, &sum_)) {
          note(rows.y + y);
        }
      }
    }

    const std::vector<int32_t>& changes(int64_t x) const {
      return changes_[static_cast<size_t>(x)];
    }
    double sigmoids_inside() const { return sum_; }

   private:
    void note(int64_t y) {
      for (size_t x = 0; x < changed_.size(); ++x) {
        if (changed_[x] != 0) changes_[x].push_back(static_cast<int32_t>(y));
      }
      empty_ = false;
    }
    // A tile without mask: what was inside above it ends at its first row.
    void leave(int64_t y) {
      if (empty_) return;
      changed_.swap(inside_);
      note(y);
      std::fill(inside_.begin(), inside_.end(), 0.0f);
      empty_ = true;
    }

    const MaskGeometry& geometry_;
    TileMask mask_;
    std::vector<float> inside_, changed_;
    std::vector<std::vector<int32_t>> changes_;
    bool empty_ = true;
    double sum_ = 0;
  };

  const MaskGeometry& geometry_;
  std::vector<TileRows> rows_;
  std::vector<TileColumns> columns_;
};

}  // namespace

InstanceSegmentation instances(const MaskSource& masks, const at::Tensor& class_log_probs,
                               const std::vector<bool>& is_thing, const InstanceOptions& options) {
  const at::Tensor probs = class_probs(masks, class_log_probs);
  check_things(is_thing, probs);
  const MaskGeometry geometry(masks);
  const std::vector<Pick> picks = pick(probs, is_thing, options);
  std::map<int64_t, size_t> position;  // of each query that is picked, however often
  std::vector<int64_t> queries, uses;
  for (const Pick& p : picks) {
    const auto [entry, is_new] = position.emplace(p.query, queries.size());
    if (is_new) queries.push_back(p.query), uses.push_back(0);
    ++uses[entry->second];
  }
  std::vector<QueryMask> scanned(queries.size());
  const QueryScanner scanner(geometry);
  at::parallel_for(0, static_cast<int64_t>(queries.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      scanned[static_cast<size_t>(i)] = scanner.scan(queries[static_cast<size_t>(i)]);
    }
  });
  std::vector<Segment> found;
  for (const Pick& p : picks) {
    const size_t at = position[p.query];
    QueryMask& mask = scanned[at];
    Segment instance;
    instance.class_index = p.class_index;
    instance.is_thing = is_thing[static_cast<size_t>(p.class_index)];
    instance.query = p.query;
    instance.score = static_cast<double>(p.score) * mask.mean_sigmoid;
    instance.area_px = area(mask.rle);
    instance.box_xywh_px = box_xywh(mask.rle);
    // Noisy masks have millions of runs: they are copied only for a query that is picked again.
    if (--uses[at] == 0) {
      instance.rle_counts = std::move(mask.rle.counts);
    } else {
      instance.rle_counts = mask.rle.counts;
    }
    found.push_back(std::move(instance));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Segment& a, const Segment& b) { return a.score > b.score; });
  for (size_t i = 0; i < found.size(); ++i) found[i].id = static_cast<int64_t>(i) + 1;
  return {std::move(found)};
}

}  // namespace fcclip::results
