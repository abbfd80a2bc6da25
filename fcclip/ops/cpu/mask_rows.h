#pragma once
// Row kernels of the results: mask logits on their way to the original size, one tile of rows and
// columns at a time. Plain pointers; results/ does the tiling, the threads and the checks.

#include <cstdint>

#include "fcclip/ops/isa.h"

namespace fcclip::ops {

/// Rows are handled in groups of this many pixels, whatever the instruction set.
inline constexpr int64_t kRowGroup = 16;

/// Logit of the pixels that fill the last group of a row: sigmoid 0, outside every mask.
inline constexpr float kOutsideLogit = -1e30f;

/// One output row as a weighted sum of up to four rows of length n (a multiple of kRowGroup).
struct RowBlend {
  const float* row[4];
  float weight[4];
};

/// Horizontal resize as a banded matrix: each group of kRowGroup output pixels is a weighted sum
/// of `count` neighbouring input columns.
struct ColumnGroup {
  int32_t first = 0, count = 0;
  int64_t weights = 0;  ///< offset into `weights`: [count][kRowGroup]
};
/// Columns that share source columns, with their weights.
struct ColumnGroups {
  const ColumnGroup* groups;
  int64_t n_groups;
  const float* weights;
};

/// Running arg-max over queries of one row. `code` is 2·query, + 1 where sigmoid >= 0.5.
struct ArgmaxRow {
  float* best;    ///< [n] largest score · sigmoid so far; start with −1
  float* winner;  ///< [n] its code as a float (exact below 2^24)
};

/// Binary mask of one row against the row above.
struct MaskRow {
  float* inside;   ///< [n] in: the row above as 0/1; out: this row, 1 where logit > 0
  float* changed;  ///< [n] out: 1 where the two differ
};

/// A block of kRowGroup pixels whose classes compete: Σ_q weight[q, k] · sigmoid[q].
struct ClassBlock {
  const float* sigmoids;  ///< [n_queries][kRowGroup]
  const float* weights;   ///< [n_groups][n_queries][kClassGroup], zeros behind the last class
  int64_t n_queries, n_groups;
};
/// Classes that are summed at once.
inline constexpr int64_t kClassGroup = 6;

/// One per instruction set.
struct MaskRowKernels {
  /// to[j] = Σ weights · from[columns of j], for one row.
  void (*resize_columns)(const float* from, const ColumnGroups& columns, float* to);
  /// Smallest and largest of rows × columns floats.
  void (*min_max)(const float* from, int64_t stride, int64_t rows, int64_t columns, float* out);
  void (*blend)(const RowBlend& rows, int64_t n, float* out);
  /// sigmoid of the blended row; the groups of 16 pixels lie `group_stride` floats apart.
  void (*sigmoid)(const RowBlend& rows, int64_t n, float* out, int64_t group_stride);
  /// Lets query `code / 2` compete in a row; returns the number of pixels with sigmoid >= 0.5.
  float (*argmax)(const RowBlend& rows, int64_t n, float score, float code, const ArgmaxRow& out);
  /// Returns whether any pixel changed; adds the sigmoids inside the mask to *sum.
  bool (*mask)(const RowBlend& rows, int64_t n, const MaskRow& out, double* sum);
  /// best[j], index[j]: the largest class sum of each of the 16 pixels and the class's position.
  void (*best_class)(const ClassBlock& block, float* best, float* index);
  /// lower[k] += p[k] · low, upper[k] += p[k] · high.
  void (*add_bounds)(const float* p, int64_t n, const float low_high[2], float* lower_upper[2]);
};

const MaskRowKernels& mask_row_kernels(Isa isa = chosen_isa());

}  // namespace fcclip::ops
