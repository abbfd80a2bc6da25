// One query at a time, down strips of columns. A strip keeps for each of its columns the rows where
// the mask begins or ends, which is all that column-major run lengths need: memory is one strip and
// the runs themselves, whatever the image's size and the number of queries.

#include <algorithm>

#include <ATen/Parallel.h>

#include "fcclip/core/shared_progress.h"
#include "fcclip/ops/cpu/mask_geometry.h"
#include "fcclip/ops/cpu/ops.h"

namespace fcclip::ops::cpu {
namespace {

// Column-major run lengths from the rows where each column's mask changes.
class RunWriter {
 public:
  explicit RunWriter(int64_t height) : height_(height) {}
  void column(const std::vector<int32_t>& changes) {
    int64_t from = 0;
    bool inside = false;
    for (const int32_t y : changes) {
      run(inside, y - from);
      from = y;
      inside = !inside;
    }
    run(inside, height_ - from);
  }
  std::vector<uint32_t> finish() { return std::move(counts_); }

 private:
  void run(bool inside, int64_t n) {
    if (n == 0) return;
    if (counts_.empty() && inside) counts_.push_back(0);
    const bool continues = !counts_.empty() && (counts_.size() % 2 == 0) == inside;
    if (!continues) counts_.push_back(0);
    counts_.back() += static_cast<uint32_t>(n);
  }
  int64_t height_;
  std::vector<uint32_t> counts_;
};

class QueryScanner {
 public:
  explicit QueryScanner(const MaskGeometry& geometry)
      : geometry_(geometry),
        rows_(geometry.row_tiles(8, 128)),
        columns_(geometry.column_tiles(8, 128)) {}

  MaskRuns scan(int64_t query) const {
    RunWriter writer(geometry_.original().height);
    Strip strip(geometry_);
    double sum = 0;
    for (const TileColumns& columns : columns_) {
      strip.begin(columns);
      for (const TileRows& rows : rows_) strip.add(query, rows, columns);
      for (int64_t x = 0; x < columns.width; ++x) writer.column(strip.changes(x));
      sum += strip.sigmoids_inside();
    }
    return {writer.finish(), sum};
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
        if (mask_row_kernels().mask(mask_.row(y), columns.padded_width,
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

std::vector<MaskRuns> mask_runs(const MaskSource& masks, const std::vector<int64_t>& queries) {
  const MaskGeometry geometry(masks);
  const QueryScanner scanner(geometry);
  std::vector<MaskRuns> runs(queries.size());
  SharedProgress done(masks.progress, std::ssize(queries), "masks");
  at::parallel_for(0, std::ssize(queries), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      runs[static_cast<size_t>(i)] = scanner.scan(queries[static_cast<size_t>(i)]);
      if (!done.go_on()) return;
    }
  });
  done.check();
  return runs;
}

}  // namespace fcclip::ops::cpu
