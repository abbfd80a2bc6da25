#include "fcclip/ops/conv3x3.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/ops/every_implementation.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::ops {
namespace conv3x3_test {

using test::near;

struct Shape {
  int64_t height, width, in, out;
};

class Conv3x3 : public ::testing::TestWithParam<Shape> {};

TEST_P(Conv3x3, EqualsADirectConvolutionInDouble) {
  at::manual_seed(5);
  const auto [height, width, in, out] = GetParam();
  const at::Tensor x = at::randn({height, width, in});
  const at::Tensor weight = (at::rand({out, in, 3, 3}) - 0.5) / std::sqrt(static_cast<double>(in));
  const at::Tensor want = at::conv2d(x.to(at::kDouble).permute({2, 0, 1}).unsqueeze(0),
                                     weight.to(at::kDouble), {}, 1, 1)[0]
                              .permute({1, 2, 0});
  with_every_implementation([&] { EXPECT_TRUE(near(PackedConv3x3(weight)(x), want, 5e-6)); });
}

INSTANTIATE_TEST_SUITE_P(Shapes, Conv3x3,
                         ::testing::Values(Shape{48, 32, 64, 64}, Shape{33, 50, 256, 256},
                                           Shape{1, 1, 16, 8}, Shape{5, 3, 7, 19},
                                           Shape{2, 70, 3, 5}));

TEST(Conv3x3, AnotherNumberOfChannelsIsAnError) {
  const PackedConv3x3 conv(at::ones({4, 3, 3, 3}));
  EXPECT_ERROR(shape_mismatch, "3x3 convolution: x: expected shape [*, *, 3]",
               conv(at::ones({5, 5, 4})));
  EXPECT_ERROR(shape_mismatch, "3x3 convolution: weight: expected shape [*, *, 3, 3]",
               PackedConv3x3(at::ones({4, 3, 5, 5})));
}

}  // namespace conv3x3_test
}  // namespace fcclip::ops
