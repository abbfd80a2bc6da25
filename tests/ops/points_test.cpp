#include "fcclip/ops/points.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/core/random.h"
#include "tests/ops/every_implementation.h"
#include "tests/support/errors.h"

namespace fcclip::ops {
namespace points_test {

TEST(UniformPoints, AreTheSequencesNumbersWithEveryImplementation) {
  const std::vector<uint64_t> states = {0, 1, 0xfedcba9876543210ULL, ~uint64_t{0}};
  at::Tensor want = at::empty({4, 1000, 2});
  for (int64_t row = 0; row < 4; ++row) {
    for (uint64_t k = 0; k < 1000; ++k) {
      const uint64_t bits = mix_bits(states[row] + (k + 1) * kGolden);
      want[row][k][0] = static_cast<double>(bits >> 40) / 16777216;
      want[row][k][1] = static_cast<double>((bits >> 16) & 0xffffff) / 16777216;
    }
  }
  with_every_implementation([&] {
    EXPECT_TRUE(uniform_points(states, 1000, at::kCPU).equal(want));
    EXPECT_EQ(uniform_points({}, 5, at::kCPU).sizes(), (at::IntArrayRef{0, 5, 2}));
  });
  EXPECT_NEAR(want.mean().item<double>(), 0.5, 0.02);
}

at::Tensor sorted_by_x(const at::Tensor& points) {
  const at::Tensor order =
      points.select(-1, 0).argsort(int64_t{-1}).unsqueeze(-1).expand_as(points);
  return points.gather(1, order);
}

TEST(SmallestPoints, AreThoseWithTheSmallestValues) {
  at::manual_seed(9);
  const at::Tensor values = at::randn({3, 40}), points = at::rand({3, 40, 2});
  const at::Tensor order = values.argsort(int64_t{1}).narrow(1, 0, 13);
  const at::Tensor want = points.gather(1, order.unsqueeze(-1).expand({3, 13, 2}));
  with_every_implementation([&] {
    EXPECT_TRUE(sorted_by_x(smallest_points(values, points, 13)).equal(sorted_by_x(want)));
    EXPECT_EQ(smallest_points(values, points, 0).sizes(), (at::IntArrayRef{3, 0, 2}));
  });
}

TEST(SmallestPoints, WhatIsNoNumberIsTakenLast) {
  at::Tensor values = at::arange(6, at::kFloat).unsqueeze(0);
  const at::Tensor points = at::arange(12, at::kFloat).view({1, 6, 2});
  values[0][1] = NAN;
  with_every_implementation([&] {
    const at::Tensor got = sorted_by_x(smallest_points(values, points, 3)).flatten();
    EXPECT_TRUE(got.equal(at::tensor({0, 1, 4, 5, 6, 7}, at::kFloat)));
  });
}

TEST(SmallestPoints, WrongArgumentsHaveTheirCodes) {
  const auto code_of = [](const at::Tensor& values, int64_t count) {
    return test::code_of([&] { smallest_points(values, at::zeros({2, 5, 2}), count); });
  };
  EXPECT_EQ(code_of(at::zeros({2, 4}), 1), ErrorCode::shape_mismatch);
  EXPECT_EQ(code_of(at::zeros({2, 5}), 6), ErrorCode::invalid_argument);
}

}  // namespace points_test
}  // namespace fcclip::ops
