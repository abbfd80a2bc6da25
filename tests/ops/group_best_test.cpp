#include "fcclip/ops/group_best.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/ops/finite.h"
#include "tests/ops/every_implementation.h"

namespace fcclip::ops {
namespace group_best_test {

const std::vector<int64_t> kSizes = {1, 4, 2, 1};

TEST(GroupBest, IsTheFirstLargestOfEachGroup) {
  at::manual_seed(8);
  const at::Tensor scores = at::randn({2, 5, 8});
  scores[1][4].copy_(at::tensor({1, 0, 7, 7, 3, 2, 2, -1}));
  with_every_implementation([&] {
    const GroupBest got = best_of_groups(scores, kSizes);
    ASSERT_EQ(got.best.sizes(), (at::IntArrayRef{2, 5, 4}));
    int64_t first = 0;
    for (int64_t k = 0; k < 4; first += kSizes[k], ++k) {
      const at::Tensor group = scores.narrow(-1, first, kSizes[k]);
      EXPECT_TRUE(got.best.select(-1, k).equal(group.amax(-1)));
      EXPECT_TRUE(got.position.select(-1, k).equal(group.argmax(-1)));
    }
    EXPECT_EQ(got.position[1][4][1].item<int64_t>(), 1);
    EXPECT_EQ(got.position[1][4][2].item<int64_t>(), 0);
  });
}

TEST(GroupBest, TheGradientGoesToTheWinner) {
  const at::Tensor scores = at::tensor({5, 1, 3, 2, 0, 4, 6, 7}, at::kFloat).requires_grad_();
  best_of_groups(scores, kSizes).best.sum().backward();
  EXPECT_TRUE(scores.grad().equal(at::tensor({1, 0, 1, 0, 0, 0, 1, 1}, at::kFloat)));
}

TEST(GroupBest, GroupsThatAreNotTheColumnsAreRefused) {
  for (const std::vector<int64_t>& sizes :
       std::vector<std::vector<int64_t>>{{}, {4, 3}, {8, 0}, {9, -1}}) {
    try {
      best_of_groups(at::zeros({2, 8}), sizes);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    }
  }
}

TEST(AllFinite, FindsOneBadNumberAnywhere) {
  with_every_implementation([&] {
    const at::Tensor x = at::randn({1500});
    EXPECT_TRUE(all_finite(x));
    EXPECT_TRUE(all_finite(at::empty({0})));
    for (const int64_t place : {0, 511, 512, 1024, 1499}) {
      for (const double bad : {double{INFINITY}, double{-INFINITY}, double{NAN}}) {
        const at::Tensor damaged = x.clone();
        damaged[place] = bad;
        EXPECT_FALSE(all_finite(damaged)) << place;
      }
    }
    EXPECT_FALSE(all_finite(at::full({3, 2}, NAN, at::kDouble).t()));
  });
}

}  // namespace group_best_test
}  // namespace fcclip::ops
