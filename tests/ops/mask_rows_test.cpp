#include "fcclip/ops/cpu/mask_rows.h"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace fcclip::ops {
namespace {

// Four random rows and their plain weighted sum.
struct Rows {
  std::vector<float> rows[4];
  RowBlend blend;
  int64_t n;

  explicit Rows(int64_t length, float scale = 6) : n(length) {
    std::mt19937 random(17);
    std::normal_distribution<float> normal(0, scale);
    const float weights[4] = {0.1f, 0.5f, 0.4f, 0.0f};
    for (int t = 0; t < 4; ++t) {
      rows[t].resize(static_cast<size_t>(n));
      for (float& v : rows[t]) v = normal(random);
      blend.row[t] = rows[t].data();
      blend.weight[t] = weights[t];
    }
  }
  double logit(int64_t x) const {
    double sum = 0;
    for (int t = 0; t < 4; ++t) sum += double(blend.weight[t]) * rows[t][static_cast<size_t>(x)];
    return sum;
  }
  double sigmoid(int64_t x) const { return 1 / (1 + std::exp(-logit(x))); }
};

class MaskRows : public ::testing::TestWithParam<Isa> {
 protected:
  const MaskRowKernels& kernels = mask_row_kernels(GetParam());
};

TEST_P(MaskRows, BlendAndSigmoid) {
  const Rows rows(64);
  std::vector<float> logits(64), spread(4 * 40, -1.0f);
  kernels.blend(rows.blend, 64, logits.data());
  kernels.sigmoid(rows.blend, 64, spread.data(), 40);
  for (int64_t x = 0; x < 64; ++x) {
    EXPECT_NEAR(logits[static_cast<size_t>(x)], rows.logit(x), 4e-6);
    EXPECT_NEAR(spread[static_cast<size_t>(x / 16 * 40 + x % 16)], rows.sigmoid(x), 3e-7);
  }
  EXPECT_EQ(spread[16], -1.0f);  // nothing is written between the groups
}

TEST_P(MaskRows, SigmoidIsExactWhereItDecides) {
  std::vector<float> row = {0, -0.0f, 1e-9f, -1e-9f, -89, -200, -1e30f, 200, 20, 1e-3f, -1e-3f};
  row.resize(16, 0.0f);
  const RowBlend blend = {{row.data(), row.data(), row.data(), row.data()}, {1, 0, 0, 0}};
  float out[16];
  kernels.sigmoid(blend, 16, out, 16);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(out[i], 0.5f);
  for (int i = 4; i < 7; ++i) EXPECT_EQ(out[i], 0.0f);
  for (int i = 7; i < 9; ++i) EXPECT_EQ(out[i], 1.0f);
  EXPECT_GT(out[9], 0.5f);
  EXPECT_LT(out[10], 0.5f);
}

TEST_P(MaskRows, ArgmaxKeepsTheFirstOfEqualScores) {
  const Rows rows(32);
  std::vector<float> best(32, -1.0f), winner(32, -7.0f);
  const float inside = kernels.argmax(rows.blend, 32, 0.5f, 6, {best.data(), winner.data()});
  kernels.argmax(rows.blend, 32, 0.5f, 8, {best.data(), winner.data()});  // ties everywhere
  int64_t expected = 0;
  for (int64_t x = 0; x < 32; ++x) {
    const bool in = rows.logit(x) >= 0;
    expected += in;
    EXPECT_EQ(winner[static_cast<size_t>(x)], in ? 7 : 6);
    EXPECT_NEAR(best[static_cast<size_t>(x)], 0.5 * rows.sigmoid(x), 2e-7);
  }
  EXPECT_EQ(inside, static_cast<float>(expected));
}

TEST_P(MaskRows, MaskReportsChanges) {
  const Rows rows(48);
  std::vector<float> inside(48, 0.0f), changed(48);
  double sum = 0, expected = 0;
  EXPECT_TRUE(kernels.mask(rows.blend, 48, {inside.data(), changed.data()}, &sum));
  for (int64_t x = 0; x < 48; ++x) {
    const bool in = rows.logit(x) > 0;
    if (in) expected += rows.sigmoid(x);
    EXPECT_EQ(inside[static_cast<size_t>(x)], in ? 1 : 0);
    EXPECT_EQ(changed[static_cast<size_t>(x)], in ? 1 : 0);
  }
  EXPECT_NEAR(sum, expected, 1e-5);
  EXPECT_FALSE(kernels.mask(rows.blend, 48, {inside.data(), changed.data()}, &sum));
}

TEST_P(MaskRows, MinMaxOfEveryWidth) {
  const Rows rows(64);
  for (int64_t columns = 1; columns <= 21; ++columns) {
    float got[2], low = 1e9f, high = -1e9f;
    kernels.min_max(rows.rows[0].data(), 21, 3, columns, got);
    for (int64_t i = 0; i < 63; ++i) {
      if (i % 21 >= columns) continue;
      low = std::min(low, rows.rows[0][static_cast<size_t>(i)]);
      high = std::max(high, rows.rows[0][static_cast<size_t>(i)]);
    }
    EXPECT_EQ(got[0], low);
    EXPECT_EQ(got[1], high);
  }
}

TEST_P(MaskRows, ResizeColumnsIsABandedProduct) {
  const Rows source(64);
  std::vector<float> weights(static_cast<size_t>(5 * kRowGroup));
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i % 7) / 7;
  const ColumnGroup groups[2] = {{3, 2, 0}, {10, 3, 2 * kRowGroup}};
  float out[2 * kRowGroup];
  kernels.resize_columns(source.rows[0].data(), {groups, 2, weights.data()}, out);
  for (int64_t g = 0; g < 2; ++g) {
    for (int64_t j = 0; j < kRowGroup; ++j) {
      double sum = 0;
      for (int32_t c = 0; c < groups[g].count; ++c) {
        sum += double(source.rows[0][static_cast<size_t>(groups[g].first + c)]) *
               weights[static_cast<size_t>(groups[g].weights + c * kRowGroup + j)];
      }
      EXPECT_NEAR(out[g * kRowGroup + j], sum, 1e-5);
    }
  }
}

TEST_P(MaskRows, BestClassIsTheFirstLargestSum) {
  constexpr int64_t kQueries = 5, kGroups = 2;
  std::mt19937 random(3);
  std::uniform_real_distribution<float> uniform(0, 1);
  std::vector<float> sigmoids(static_cast<size_t>(kQueries * kRowGroup));
  std::vector<float> weights(static_cast<size_t>(kGroups * kQueries * kClassGroup));
  for (float& v : sigmoids) v = uniform(random);
  for (float& v : weights) v = uniform(random);
  // Class 7 is class 2 again: a tie that the lower one wins. Class 11 stays behind the end.
  for (int64_t q = 0; q < kQueries; ++q) {
    float* second = weights.data() + (kQueries + q) * kClassGroup;
    second[1] = weights[static_cast<size_t>(q * kClassGroup + 2)] += 1;
    second[5] = 0;
  }
  float best[kRowGroup], index[kRowGroup];
  kernels.best_class({sigmoids.data(), weights.data(), kQueries, kGroups}, best, index);
  for (int64_t j = 0; j < kRowGroup; ++j) {
    double sum = 0;
    for (int64_t q = 0; q < kQueries; ++q) {
      sum += double(weights[static_cast<size_t>(q * kClassGroup + 2)]) *
             sigmoids[static_cast<size_t>(q * kRowGroup + j)];
    }
    EXPECT_EQ(index[j], 2);
    EXPECT_NEAR(best[j], sum, 1e-5);
  }
}

TEST_P(MaskRows, BoundsAdd) {
  const float p[5] = {1, 2, 3, 4, 5}, low_high[2] = {0.25f, 0.5f};
  float lower[5] = {1, 1, 1, 1, 1}, upper[5] = {2, 2, 2, 2, 2};
  float* lower_upper[2] = {lower, upper};
  kernels.add_bounds(p, 5, low_high, lower_upper);
  for (int k = 0; k < 5; ++k) {
    EXPECT_FLOAT_EQ(lower[k], 1 + p[k] * 0.25f);
    EXPECT_FLOAT_EQ(upper[k], 2 + p[k] * 0.5f);
  }
}

INSTANTIATE_TEST_SUITE_P(EveryIsa, MaskRows, ::testing::ValuesIn(available_isas()),
                         [](const auto& info) { return std::string(name(info.param)); });

}  // namespace
}  // namespace fcclip::ops
