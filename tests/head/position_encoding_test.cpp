#include "fcclip/head/position_encoding.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::head {
namespace {

struct Case {
  int64_t channels;
  Size size;
};

class SinePositions : public ::testing::TestWithParam<Case> {};

TEST_P(SinePositions, EqualTheReference) {
  FCCLIP_NEEDS_GOLDENS();
  const auto [channels, size] = GetParam();
  const std::string name = std::to_string(channels) + "_" + std::to_string(size.height) + "x" +
                           std::to_string(size.width);
  const at::Tensor got = sine_positions(size, channels, at::kCPU);
  EXPECT_TRUE(test::near(got.permute({2, 0, 1}).unsqueeze(0),
                         test::golden("ops/position_encoding_sine.safetensors", name), 1e-6));
}

INSTANTIATE_TEST_SUITE_P(Recorded, SinePositions,
                         ::testing::Values(Case{256, {1, 1}}, Case{256, {3, 4}}, Case{64, {13, 17}},
                                           Case{64, {5, 7}}));

TEST(SinePositionsShape, PutsYBeforeX) {
  const at::Tensor positions = sine_positions({3, 5}, 8, at::kCPU);
  const at::Tensor y = positions.narrow(2, 0, 4), x = positions.narrow(2, 4, 4);
  EXPECT_TRUE(y.equal(y.narrow(1, 0, 1).expand({3, 5, 4})));
  EXPECT_TRUE(x.equal(x.narrow(0, 0, 1).expand({3, 5, 4})));
  EXPECT_FALSE(y.select(0, 0).equal(y.select(0, 2)));
}

// Made while inference runs, used by a training, and the other way round; any thread.
TEST(SinePositionsShape, TheSameTensorServesInferenceAndTraining) {
  at::Tensor first;
  {
    const c10::InferenceMode guard;
    first = sine_positions({6, 9}, 16, at::kCPU);
  }
  EXPECT_FALSE(first.is_inference());
  EXPECT_FALSE(first.requires_grad());
  EXPECT_TRUE(sine_positions({6, 9}, 16, at::kCPU).is_same(first));
  const at::Tensor weight = at::ones({16}).requires_grad_();
  (first * weight).sum().backward();
  EXPECT_TRUE(weight.grad().allclose(first.sum({0, 1})));
  EXPECT_FALSE(sine_positions({9, 6}, 16, at::kCPU).is_same(first));
  EXPECT_EQ(sine_positions({6, 9}, 32, at::kCPU).size(2), 32);
}

TEST(SinePositionsShape, ChannelsNotInMultiplesOfFourAreAnError) {
  EXPECT_ERROR(invalid_argument, "sine_positions: expected channels in multiples of 4 and a map",
               sine_positions({3, 5}, 6, at::kCPU));
}

}  // namespace
}  // namespace fcclip::head
