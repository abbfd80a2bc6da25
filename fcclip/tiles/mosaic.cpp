#include "fcclip/tiles/mosaic.h"

#include <ATen/ATen.h>

#include "fcclip/core/error.h"

namespace fcclip::tiles {
namespace {

// Ids from 1 of the segments in their order; 0 where there is none.
at::Tensor places_of_segments(const results::Segmentation& answer) {
  if (answer.task() == results::Task::panoptic) return answer.panoptic().ids.contiguous();
  const results::SemanticSegmentation& found = answer.semantic();
  int64_t most = -1;
  for (const results::Segment& segment : found.segments) {
    most = std::max(most, segment.class_index);
  }
  std::vector<int32_t> by_class(static_cast<size_t>(most + 2), 0);
  for (size_t i = 0; i < found.segments.size(); ++i) {
    by_class[static_cast<size_t>(found.segments[i].class_index + 1)] = static_cast<int32_t>(i + 1);
  }
  at::Tensor ids = found.labels.clone().contiguous();
  int32_t* values = ids.data_ptr<int32_t>();
  for (int64_t i = 0; i < ids.numel(); ++i) {
    values[i] = values[i] > most ? 0 : by_class[static_cast<size_t>(values[i] + 1)];
  }
  return ids;
}

at::Tensor part_of(const at::Tensor& ids, int64_t y, int64_t height, int64_t x, int64_t width) {
  return ids.slice(0, y, y + height).slice(1, x, x + width);
}

}  // namespace

Mosaic::Mosaic(const WindowGrid& grid, const std::filesystem::path& scratch)
    : grid_(grid),
      scratch_(scratch),
      above_(static_cast<size_t>(grid.columns.count())),
      below_(static_cast<size_t>(grid.columns.count())) {}

at::Tensor Mosaic::provisional(const results::Segmentation& answer, const at::Tensor& valid) {
  if (answer.task() == results::Task::instance) {
    fail(ErrorCode::invalid_argument, "windows are put together of panoptic or semantic answers");
  }
  at::Tensor ids = places_of_segments(answer);
  if (valid.defined()) ids = ids.masked_fill(valid.logical_not(), 0);
  std::vector<int64_t> areas(answer.segments().size() + 1, 0);
  int32_t* values = ids.data_ptr<int32_t>();
  for (int64_t i = 0; i < ids.numel(); ++i) ++areas[static_cast<size_t>(values[i])];
  std::vector<int32_t> names(areas.size(), 0);
  for (size_t i = 1; i < areas.size(); ++i) {
    if (areas[i] == 0) continue;
    results::Segment segment = answer.segments()[i - 1];
    // A class of a semantic answer is one wherever it is, whatever else it could be.
    if (answer.task() == results::Task::semantic) segment.is_thing = false;
    names[i] = merged_.add(segment, areas[i]);
  }
  at::Tensor out = at::empty_like(ids);
  int32_t* to = out.data_ptr<int32_t>();
  for (int64_t i = 0; i < ids.numel(); ++i) to[i] = names[static_cast<size_t>(values[i])];
  return out;
}

void Mosaic::add(const results::Segmentation& answer, const at::Tensor& valid) {
  below_min_score_ += answer.below_min_score;
  place(provisional(answer, valid));
}

void Mosaic::add_nothing() {
  place(at::zeros({grid_.rows.length(), grid_.columns.length()}, at::kInt));
}

void Mosaic::place(const at::Tensor& ids) {
  const WindowAxis &rows = grid_.rows, &columns = grid_.columns;
  const int64_t y0 = rows.begin(row_), x0 = columns.begin(column_);
  const int64_t height = rows.length(), width = columns.length();
  const auto place = static_cast<size_t>(column_);
  if (column_ > 0) {
    const int64_t common = columns.end(column_ - 1) - x0;
    merged_.join_across(part_of(left_, 0, height, width - common, common),
                        part_of(ids, 0, height, 0, common));
  }
  if (row_ > 0) {
    const int64_t common = rows.end(row_ - 1) - y0;
    merged_.join_across(above_[place], part_of(ids, 0, common, 0, width));
  }
  const int64_t top = rows.owned_begin(row_), bottom = rows.owned_end(row_);
  const int64_t left = columns.owned_begin(column_), right = columns.owned_end(column_);
  if (!strip_.defined()) strip_ = at::zeros({bottom - top, columns.extent()}, at::kInt);
  strip_.slice(1, left, right).copy_(part_of(ids, top - y0, bottom - top, left - x0, right - left));
  if (row_ + 1 < rows.count()) {
    const int64_t common = rows.end(row_) - rows.begin(row_ + 1);
    below_[place] = part_of(ids, height - common, common, 0, width).contiguous();
  }
  left_ = ids;
  if (++column_ == columns.count()) flush();
}

// The owned rows of a row of windows are complete.
void Mosaic::flush() {
  const int64_t width = grid_.columns.extent(), first = grid_.rows.owned_begin(row_);
  const int32_t* values = strip_.const_data_ptr<int32_t>();
  for (int64_t y = 0; y < strip_.size(0); ++y, values += width) {
    scratch_.append(values, width);
    for (int64_t x = 0; x < width;) {
      int64_t end = x + 1;
      while (end < width && values[end] == values[x]) ++end;
      if (values[x] != 0) merged_.count(values[x], first + y, x, end - x);
      x = end;
    }
  }
  strip_ = at::Tensor();
  left_ = at::Tensor();
  std::swap(above_, below_);
  column_ = 0;
  ++row_;
}

const std::vector<results::Segment>& Mosaic::finish() {
  result_ = merged_.finish();
  merged_ = {};
  scratch_.rewind();
  return result_.segments;
}

at::Tensor Mosaic::read_rows(int64_t count) {
  at::Tensor rows = at::empty({count, grid_.columns.extent()}, at::kInt);
  int32_t* values = rows.data_ptr<int32_t>();
  scratch_.read(values, rows.numel());
  for (int64_t i = 0; i < rows.numel(); ++i) {
    values[i] = result_.final_ids[static_cast<size_t>(values[i])];
  }
  return rows;
}

}  // namespace fcclip::tiles
