#include "fcclip/core/assignment.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "fcclip/core/error.h"

namespace fcclip {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Rows are matched one after another, each by a shortest path in reduced costs; rows ≤ columns.
class Solver {
 public:
  explicit Solver(const CostMatrix& costs)
      : costs_(costs),
        row_price_(costs.rows, 0),
        column_price_(costs.columns, 0),
        column_of_(costs.rows, -1),
        row_of_(costs.columns, -1) {}

  std::vector<int64_t> solve() {
    for (int64_t row = 0; row < costs_.rows; ++row) augment(row);
    return column_of_;
  }

 private:
  void augment(int64_t start) {
    distance_.assign(costs_.columns, kInfinity);
    previous_.assign(costs_.columns, -1);
    scanned_rows_.assign(costs_.rows, false);
    scanned_columns_.assign(costs_.columns, false);
    double shortest = 0;
    int64_t row = start, sink = -1;
    while (sink < 0) {
      scanned_rows_[row] = true;
      const int64_t column = relax(row, shortest);
      if (distance_[column] == kInfinity) {
        fail(ErrorCode::diverged, "no complete matching has a finite cost");
      }
      shortest = distance_[column];
      scanned_columns_[column] = true;
      if (row_of_[column] < 0) {
        sink = column;
      } else {
        row = row_of_[column];
      }
    }
    update_prices(start, shortest);
    flip_path(start, sink);
  }

  // Shortens distances through `row`; returns the nearest column that is not scanned, a free one on
  // ties.
  int64_t relax(int64_t row, double shortest) {
    int64_t nearest = -1;
    double least = kInfinity;
    for (int64_t column = 0; column < costs_.columns; ++column) {
      if (scanned_columns_[column]) continue;
      const double through =
          shortest + costs_.at(row, column) - row_price_[row] - column_price_[column];
      if (through < distance_[column]) {
        distance_[column] = through;
        previous_[column] = row;
      }
      if (nearest < 0 || distance_[column] < least ||
          (distance_[column] == least && row_of_[column] < 0)) {
        least = distance_[column];
        nearest = column;
      }
    }
    return nearest;
  }

  void update_prices(int64_t start, double shortest) {
    row_price_[start] += shortest;
    for (int64_t row = 0; row < costs_.rows; ++row) {
      if (scanned_rows_[row] && row != start) {
        row_price_[row] += shortest - distance_[column_of_[row]];
      }
    }
    for (int64_t column = 0; column < costs_.columns; ++column) {
      if (scanned_columns_[column]) column_price_[column] -= shortest - distance_[column];
    }
  }

  void flip_path(int64_t start, int64_t sink) {
    int64_t column = sink, row = -1;
    do {
      row = previous_[column];
      row_of_[column] = row;
      std::swap(column, column_of_[row]);
    } while (row != start);
  }

  const CostMatrix& costs_;
  std::vector<double> row_price_, column_price_, distance_;
  std::vector<int64_t> column_of_, row_of_, previous_;
  std::vector<bool> scanned_rows_, scanned_columns_;
};

CostMatrix transposed(const CostMatrix& costs) {
  CostMatrix out{costs.columns, costs.rows, std::vector<double>(costs.costs.size())};
  for (int64_t row = 0; row < costs.rows; ++row) {
    for (int64_t column = 0; column < costs.columns; ++column) {
      out.costs[column * costs.rows + row] = costs.at(row, column);
    }
  }
  return out;
}

}  // namespace

Assignment assign(const CostMatrix& costs) {
  for (const double cost : costs.costs) {
    if (std::isnan(cost) || cost == -kInfinity) {
      fail(ErrorCode::diverged, "matching costs hold ", cost);
    }
  }
  Assignment out;
  if (costs.rows <= costs.columns) {
    out.columns = Solver(costs).solve();
    out.rows.resize(costs.rows);
    std::iota(out.rows.begin(), out.rows.end(), 0);
    return out;
  }
  const std::vector<int64_t> row_of_column = Solver(transposed(costs)).solve();
  std::vector<int64_t> order(costs.columns);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int64_t a, int64_t b) { return row_of_column[a] < row_of_column[b]; });
  for (const int64_t column : order) {
    out.rows.push_back(row_of_column[column]);
    out.columns.push_back(column);
  }
  return out;
}

}  // namespace fcclip
