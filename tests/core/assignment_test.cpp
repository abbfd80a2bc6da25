#include "fcclip/core/assignment.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip {
namespace {

double total(const CostMatrix& costs, const Assignment& match) {
  double sum = 0;
  for (size_t i = 0; i < match.rows.size(); ++i) sum += costs.at(match.rows[i], match.columns[i]);
  return sum;
}

// Tries every matching; rows ≤ columns.
double least_total(const CostMatrix& costs) {
  std::vector<int64_t> columns(costs.columns);
  std::iota(columns.begin(), columns.end(), 0);
  double least = std::numeric_limits<double>::infinity();
  do {
    double sum = 0;
    for (int64_t row = 0; row < costs.rows; ++row) sum += costs.at(row, columns[row]);
    least = std::min(least, sum);
  } while (std::next_permutation(columns.begin(), columns.end()));
  return least;
}

CostMatrix recorded_costs(const nlohmann::json& one) {
  at::Tensor values;
  if (one.contains("matrix")) {
    const auto rows = one["matrix"].get<std::vector<std::vector<double>>>();
    std::vector<at::Tensor> stacked;
    for (const std::vector<double>& row : rows) stacked.push_back(at::tensor(row, at::kDouble));
    values = at::stack(stacked);
  } else {
    const std::vector<int64_t> shape = one["shape"];
    values = test::formula_tensor("", one["key"], shape, one["lo"], one["hi"]).to(at::kDouble);
  }
  const double* data = values.const_data_ptr<double>();
  return {values.size(0), values.size(1), {data, data + values.numel()}};
}

TEST(Assignment, EqualsScipyOnTheRecordedMatrices) {
  FCCLIP_NEEDS_GOLDENS();
  const nlohmann::json document = test::golden_json("ops/linear_sum_assignment.json");
  for (const auto& one : document["cases"]) {
    const CostMatrix costs = recorded_costs(one);
    const Assignment match = assign(costs);
    if (!one.contains("matrix")) {  // those written out have ties: only their total is unique
      EXPECT_EQ(match.rows, one["rows"].get<std::vector<int64_t>>()) << one;
      EXPECT_EQ(match.columns, one["cols"].get<std::vector<int64_t>>()) << one;
    }
    EXPECT_NEAR(total(costs, match), one["total"].get<double>(), 1e-6) << one;
  }
}

TEST(Assignment, FindsTheLeastTotalOfAllMatchings) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> value(-3, 3);
  for (int round = 0; round < 40; ++round) {
    CostMatrix costs{1 + round % 5, 6, {}};
    for (int64_t i = 0; i < costs.rows * costs.columns; ++i) costs.costs.push_back(value(random));
    EXPECT_NEAR(total(costs, assign(costs)), least_total(costs), 1e-12);
  }
}

TEST(Assignment, MatchesEveryColumnWhenThereAreMoreRows) {
  const CostMatrix costs{3, 2, {5, 1, 2, 9, 8, 8}};
  const Assignment match = assign(costs);
  EXPECT_EQ(match.rows, (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(match.columns, (std::vector<int64_t>{1, 0}));
}

TEST(Assignment, NothingToMatchIsNoError) {
  EXPECT_TRUE(assign({0, 4, {}}).rows.empty());
  EXPECT_TRUE(assign({4, 0, {}}).rows.empty());
}

TEST(Assignment, NotANumberIsAnError) {
  EXPECT_ERROR(diverged, "matching costs hold nan",
               assign({1, 1, {std::numeric_limits<double>::quiet_NaN()}}));
}

}  // namespace
}  // namespace fcclip
