#pragma once
// The answers of all windows put together: one id map on the disk, one list of segments.

#include <filesystem>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/results/segmentation.h"
#include "fcclip/tiles/merged_segments.h"
#include "fcclip/tiles/run_scratch.h"
#include "fcclip/tiles/window_grid.h"

namespace fcclip::tiles {

/// Takes the windows row by row, from left to right. In memory are a row of windows' ids and what the
/// windows above had in common with them.
class Mosaic {
 public:
  /// `scratch`: a folder for the map. Throws Error{io_failure}.
  Mosaic(const WindowGrid& grid, const std::filesystem::path& scratch);

  /// The next window's answer: panoptic, or semantic, of which every class is one segment.
  ///   valid  [h, w] bool; false belongs to no segment. Undefined: all are valid
  /// Throws Error{invalid_argument} for instances; Error{io_failure}.
  void add(const results::Segmentation& answer, const at::Tensor& valid);
  /// A window without any valid pixel.
  void add_nothing();

  /// After the last window: segments with their final ids, areas and boxes.
  const std::vector<results::Segment>& finish();

  /// After finish(): final ids of the next rows [count, W] int32, 0 where there is none.
  at::Tensor read_rows(int64_t count);
  /// Back to the first row.
  void rewind() { scratch_.rewind(); }

  Size size() const { return grid_.size(); }
  int64_t below_min_score() const { return below_min_score_; }

 private:
  at::Tensor provisional(const results::Segmentation& answer, const at::Tensor& valid);
  void place(const at::Tensor& ids);
  void flush();

  WindowGrid grid_;
  RunScratch scratch_;
  MergedSegments merged_;
  MergedSegments::Result result_;
  int64_t row_ = 0, column_ = 0;  ///< of the next window
  at::Tensor strip_;              ///< owned rows of this row of windows
  at::Tensor left_;               ///< ids of the window to the left
  std::vector<at::Tensor> above_,
      below_;  ///< of each column: last rows of the row of windows above, and of this
  int64_t below_min_score_ = 0;
};

}  // namespace fcclip::tiles
