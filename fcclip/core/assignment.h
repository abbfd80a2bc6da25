#pragma once
// The linear assignment problem (Hungarian matching).

#include <cstdint>
#include <vector>

namespace fcclip {

/// A cost for every (row, column) pair, row-major.
struct CostMatrix {
  int64_t rows = 0, columns = 0;
  std::vector<double> costs;
  /// Of one pair.
  double at(int64_t row, int64_t column) const { return costs[row * columns + column]; }
};

/// Row i of a pair is matched to its column; rising rows.
struct Assignment {
  std::vector<int64_t> rows, columns;
};

/// Matches min(rows, columns) pairs with the least total cost, by shortest augmenting paths, O(n³).
/// Equal to SciPy's linear_sum_assignment where the optimum is unique. Throws
/// Error{diverged} for NaN or −∞, or when +∞ leaves no complete matching.
Assignment assign(const CostMatrix& costs);

}  // namespace fcclip
