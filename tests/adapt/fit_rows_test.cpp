// The probe: where it starts, where it goes, what it leaves.
#include "fcclip/adapt/fit_rows.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/nn/unit.h"
#include "tests/support/errors.h"

namespace fcclip::adapt {
namespace fit_rows_test {

// Three classes along axes 0, 1, 2 (the first with two synonyms); embeddings of class 0 lie between
// the axes 1 and 3, nearer to the word of class 1.
class FitRows : public ::testing::Test {
 protected:
  FitRows() {
    classifier_.words.rows = at::eye(8).slice(0, 0, 4).clone();
    classifier_.words.rows[3] = at::eye(8)[2];
    classifier_.words.rows[2] = at::eye(8)[1];
    classifier_.words.rows[1] = nn::unit(at::eye(8)[0] + 0.1 * at::eye(8)[7]);
    classifier_.words.synonyms_per_class = {2, 1, 1};
    classifier_.scale = 20;
    examples_.embeddings = nn::unit(at::stack(
        {at::eye(8)[1] + 0.9 * at::eye(8)[3], at::eye(8)[1] + 0.8 * at::eye(8)[3], at::eye(8)[1]}));
    examples_.classes = {0, 0, 1};
  }
  int64_t best(const at::Tensor& rows, const at::Tensor& embedding) const {
    return rows.matmul(embedding).argmax().item<int64_t>();
  }
  RowClassifier classifier_;
  FitOptions options_{.pull = 2};
  LabelledEmbeddings examples_;
};

TEST_F(FitRows, FindsWhatTheWordsMissed) {
  const at::Tensor rows = fit_rows(examples_, classifier_, options_);
  ASSERT_EQ(rows.sizes(), (std::vector<int64_t>{3, 8}));
  EXPECT_TRUE(at::allclose(rows.norm(2, 1), at::ones({3}), 1e-5, 1e-5));
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(best(rows, examples_.embeddings[i]), examples_.classes[i]) << i;
  }
  EXPECT_TRUE(at::allclose(rows[2], at::eye(8)[2]));  // no example: its word
}

TEST_F(FitRows, APullHoldsRowsAtTheirWords) {
  FitOptions strong;
  strong.pull = 1e6;
  const at::Tensor rows = fit_rows(examples_, classifier_, strong);
  const at::Tensor word = nn::unit(classifier_.words.rows.slice(0, 0, 2).mean(0));
  EXPECT_TRUE(at::allclose(rows[0], word, 1e-3, 1e-3));
  const double near = (fit_rows(examples_, classifier_, options_)[0] - word).norm().item<double>();
  EXPECT_GT(near, 0.1);
}

TEST_F(FitRows, ReachesAMinimum) {
  FitOptions options = options_;
  options.most_steps = 200;
  const at::Tensor rows = fit_rows(examples_, classifier_, options);
  const at::Tensor word = nn::unit(classifier_.words.rows.slice(0, 0, 2).mean(0));
  // The cost of another row of class 0, written down anew.
  const auto cost = [&](const at::Tensor& row) {
    const at::Tensor all = at::stack({row, rows[1], rows[2]});
    const at::Tensor log_probs =
        at::log_softmax(classifier_.scale * examples_.embeddings.matmul(nn::unit(all).t()), 1);
    const double entropy = -0.25 * (log_probs[0][0] + log_probs[1][0]).item<double>() -
                           0.5 * log_probs[2][1].item<double>();
    return entropy + options.pull * (row - word).square().sum().item<double>() / 2;
  };
  // The row itself is of unit length; the fit's own may be longer, in its direction.
  double here = 1e9;
  for (double length = 0.5; length < 1.5; length += 0.01) {
    here = std::min(here, cost(length * rows[0]));
  }
  at::manual_seed(1);
  for (int i = 0; i < 50; ++i) {
    const at::Tensor aside = nn::unit(rows[0] + 0.1 * nn::unit(at::randn({8})));
    double there = 1e9;
    for (double length = 0.5; length < 1.5; length += 0.01) {
      there = std::min(there, cost(length * aside));
    }
    EXPECT_GT(there, here - 1e-4);
  }
}

TEST_F(FitRows, VoidIsAnAnswer) {
  classifier_.void_row = at::eye(8).slice(0, 4, 5);
  examples_.embeddings =
      at::cat({examples_.embeddings, nn::unit(at::eye(8)[3] + at::eye(8)[4]).unsqueeze(0)});
  examples_.classes.push_back(3);
  const at::Tensor rows = fit_rows(examples_, classifier_, options_);
  const at::Tensor nothing = examples_.embeddings[3];
  EXPECT_LT(rows[0].dot(nothing).item<double>(), nothing[4].item<double>());
}

TEST_F(FitRows, StopsAndRefuses) {
  FitOptions options;
  options.progress = [](int64_t done, int64_t) { return done < 2; };
  EXPECT_ERROR(interrupted, "steps", fit_rows(examples_, classifier_, options));
  examples_.classes = {0, 3, 1};
  EXPECT_ERROR(invalid_argument, "class 3 of 3", fit_rows(examples_, classifier_, options_));
  examples_ = {at::zeros({0, 8}), {}};
  EXPECT_ERROR(invalid_argument, "no example", fit_rows(examples_, classifier_, options_));
}

}  // namespace fit_rows_test
}  // namespace fcclip::adapt
