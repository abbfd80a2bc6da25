#include "fcclip/engine/precision.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/engine/figures.h"

namespace fcclip::engine {
namespace precision_test {

std::vector<at::Tensor> with_gradients(std::vector<float> gradients) {
  std::vector<at::Tensor> parameters;
  for (const float gradient : gradients) {
    parameters.push_back(at::zeros({2}).requires_grad_());
    parameters.back().mutable_grad() = at::full({2}, gradient);
  }
  return parameters;
}

TEST(LossScaler, DividesGradientsAndHalvesTheScaleWhenOneOverflows) {
  LossScaler scaler(Precision::float16);
  EXPECT_EQ(scaler.value(), 65536);
  EXPECT_EQ(scaler.scale(at::full({}, 2.0f)).item<float>(), 131072);
  const std::vector<at::Tensor> good = with_gradients({65536, 131072});
  EXPECT_EQ(read_figures({scaler.unscale(good)}), (std::vector<double>{0}));
  EXPECT_TRUE(good[1].grad().equal(at::full({2}, 2.0f)));
  scaler.react(true);
  EXPECT_EQ(scaler.good_steps(), 1);
  for (const float bad : {INFINITY, NAN}) {
    const double before = scaler.value();
    EXPECT_GT(read_figures({scaler.unscale(with_gradients({1, bad}))}).front(), 0);
    scaler.react(false);
    EXPECT_EQ(scaler.value(), before / 2);
    EXPECT_EQ(scaler.good_steps(), 0);
  }
  for (int step = 0; step < 2000; ++step) scaler.react(true);
  EXPECT_EQ(scaler.value(), 32768);
}

TEST(LossScaler, OtherPrecisionsAreNotScaled) {
  LossScaler scaler(Precision::bfloat16);
  const std::vector<at::Tensor> parameters = with_gradients({INFINITY});
  EXPECT_FALSE(scaler.unscale(parameters).defined());
  scaler.react(true);
  EXPECT_EQ(scaler.value(), 1);
  EXPECT_EQ(scaler.good_steps(), 0);
}

TEST(ReadFigures, GivesAllNumbersInTheirOrder) {
  const at::Tensor one = at::full({}, 1.5f).requires_grad_();
  EXPECT_EQ(read_figures({at::tensor({3.0, 4.0}), {}, one * 2, at::ones({1}, at::kBool)}),
            (std::vector<double>{3, 4, 3, 1}));
  EXPECT_TRUE(read_figures({}).empty());
}

}  // namespace precision_test
}  // namespace fcclip::engine
