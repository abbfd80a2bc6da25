#include "fcclip/ops/patch_conv.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/ops/every_implementation.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::ops {
namespace patch_conv_test {

using test::formula_tensor;
using test::near;

struct Case {
  int64_t batch, rows, columns, in, out, side;
};

class PatchConvCases : public ::testing::TestWithParam<std::tuple<const Implementation*, Case>> {};

TEST_P(PatchConvCases, EqualsTheConvolutionInDouble) {
  const auto [implementation, c] = GetParam();
  const Forced forced(*implementation);
  const at::Tensor weight = formula_tensor("patch", "w", {c.out, c.in, c.side, c.side}, -1, 1),
                   bias = formula_tensor("patch", "b", {c.out}, -1, 1);
  const auto norm = [](int64_t channels) {
    return LayerNormWeights{formula_tensor("patch", "nw", {channels}, 0.5, 1.5),
                            formula_tensor("patch", "nb", {channels}, -1, 1), 1e-6};
  };
  const auto normed = [](const at::Tensor& x, const LayerNormWeights& n) {
    return at::layer_norm(x, {x.size(3)}, n.weight.to(at::kDouble), n.bias.to(at::kDouble), n.eps);
  };
  const auto convolved = [&, side = c.side](const at::Tensor& x) {
    return at::conv2d(x.permute({0, 3, 1, 2}), weight.to(at::kDouble), bias.to(at::kDouble), side)
        .permute({0, 2, 3, 1});
  };
  const at::Tensor x =
      formula_tensor("patch", "x", {c.batch, c.rows * c.side, c.columns * c.side, c.in}, -2, 2);
  const at::Tensor wide = x.to(at::kDouble);
  EXPECT_TRUE(near(PackedPatchConv({weight, bias, norm(c.in), std::nullopt})(x),
                   convolved(normed(wide, norm(c.in))), 2e-6));
  EXPECT_TRUE(near(PackedPatchConv({weight, bias, std::nullopt, norm(c.out)})(x),
                   normed(convolved(wide), norm(c.out)), 2e-6));
}

const Case kCases[] = {
    {1, 1, 1, 3, 16, 4}, {2, 9, 13, 3, 24, 4}, {1, 11, 20, 20, 40, 2}, {3, 2, 5, 7, 9, 2}};
INSTANTIATE_TEST_SUITE_P(Implementations, PatchConvCases,
                         ::testing::Combine(::testing::ValuesIn(host_implementations()),
                                            ::testing::ValuesIn(kCases)));

TEST(PatchConv, ASizeThatIsNoMultipleIsRefused) {
  const PackedPatchConv conv({at::zeros({4, 3, 2, 2}), at::zeros({4}), std::nullopt, std::nullopt});
  EXPECT_ERROR(shape_mismatch, "x: height and width must be multiples of 2",
               conv(at::zeros({1, 3, 4, 3})));
  EXPECT_ERROR(shape_mismatch, "x: expected shape [*, *, *, 3]", conv(at::zeros({1, 4, 4, 2})));
}

// Training runs the frozen trunk under autocast where the device has it.
TEST(PatchConv, AutocastOfTheCallerLeavesFloat32Maps) {
  const PatchConvWeights weights = {formula_tensor("patch", "w", {8, 4, 2, 2}, -1, 1),
                                    at::zeros({8}), std::nullopt, std::nullopt};
  const at::Tensor x = formula_tensor("patch", "x", {1, 4, 6, 4}, -1, 1);
  const c10::InferenceMode guard;
  const at::Tensor want = PackedPatchConv(weights)(x);
  with_every_implementation([&] {
    const PackedPatchConv conv(weights);
    at::autocast::set_autocast_enabled(at::kCPU, true);
    const at::Tensor got = conv(x);
    at::autocast::set_autocast_enabled(at::kCPU, false);
    at::autocast::clear_cache();
    EXPECT_EQ(got.scalar_type(), at::kFloat);
    EXPECT_TRUE(near(got, want, 2e-2));  // 8 bits of bfloat16
  });
}

}  // namespace patch_conv_test
}  // namespace fcclip::ops
