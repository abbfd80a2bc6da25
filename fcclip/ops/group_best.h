#pragma once
// The best of each group of neighbouring columns: a class's synonyms.

#include <ATen/core/Tensor.h>

namespace fcclip::ops {

struct GroupBest {
  at::Tensor best;      ///< [.., K] of the scores' dtype
  at::Tensor position;  ///< [.., K] int64, within the group; the first of equal ones
};

/// The largest score of each group.
///   scores  [.., T]  floating point, any device
///   sizes   K >= 1 lengths >= 1 of the groups, one after another; they sum to T
/// Gradient: of `best` to the winner. Throws Error{shape_mismatch, invalid_argument}.
GroupBest best_of_groups(const at::Tensor& scores, at::IntArrayRef sizes);

}  // namespace fcclip::ops
