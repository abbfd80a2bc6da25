#include "fcclip/ops/group_norm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/core/size.h"
#include "tests/ops/every_implementation.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::ops {
namespace group_norm_test {

using test::near;

struct Case {
  at::Tensor x;
  GroupNormWeights norm;
};

Case random_case(int64_t channels, int64_t groups, double mean) {
  at::manual_seed(3);
  return {at::randn({37, 41, channels}) + mean,
          {at::rand({channels}), at::randn({channels}), groups}};
}

at::Tensor expected(const Case& c) {
  const at::Tensor x = c.x.to(at::kDouble).permute({2, 0, 1}).unsqueeze(0);
  const at::Tensor y = at::group_norm(x, c.norm.groups, c.norm.weight.to(at::kDouble),
                                      c.norm.bias.to(at::kDouble), c.norm.eps);
  return y[0].permute({1, 2, 0});
}

TEST(GroupNorm, EqualsDoublePrecision) {
  for (const int64_t channels : {64, 96, 30}) {
    const Case c = random_case(channels, channels / 2, 0.5);
    with_every_implementation([&] {
      const at::Tensor out = at::empty_like(c.x);
      group_norm(c.x, c.norm, out);
      EXPECT_TRUE(near(out, expected(c), 2e-6)) << channels;
    });
  }
}

TEST(GroupNorm, KeepsItsDigitsWhereTheMeanIsLarge) {
  const Case c = random_case(64, 32, 3000);
  const at::Tensor out = at::empty_like(c.x);
  group_norm(c.x, c.norm, out);
  EXPECT_TRUE(near(out, expected(c), 3e-4));  // x itself has 12 bits behind the point
}

TEST(GroupNorm, ReluFollowsInThePlace) {
  const Case c = random_case(64, 32, 0);
  const at::Tensor want = at::relu(expected(c));
  with_every_implementation([&] {
    const at::Tensor x = c.x.clone();
    group_norm(x, c.norm, x, {.relu = true});
    EXPECT_TRUE(near(x, want, 2e-6));
  });
}

TEST(GroupNorm, AddsTheCoarseMapResizedBilinearly) {
  const Case c = random_case(24, 8, 0);
  for (const Size size : {Size{19, 21}, Size{18, 20}, Size{1, 1}, Size{60, 50}}) {
    const at::Tensor coarse = at::randn({size.height, size.width, 24});
    const at::Tensor resized = at::upsample_bilinear2d(
        coarse.to(at::kDouble).permute({2, 0, 1}).unsqueeze(0), {37, 41}, false)[0];
    with_every_implementation([&] {
      const at::Tensor out = at::empty_like(c.x);
      group_norm(c.x, c.norm, out, {.coarse = coarse});
      EXPECT_TRUE(near(out, expected(c) + resized.permute({1, 2, 0}), 3e-6));
    });
  }
}

TEST(GroupNorm, GroupsThatDoNotDivideTheChannelsAreAnError) {
  const Case c = random_case(24, 7, 0);
  EXPECT_ERROR(shape_mismatch, "GroupNorm: 24 channels in 7 groups",
               group_norm(c.x, c.norm, at::empty_like(c.x)));
}

}  // namespace group_norm_test
}  // namespace fcclip::ops
