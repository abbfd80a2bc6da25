#include "fcclip/ops/cpu/add_norm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/ops/every_implementation.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::ops::cpu {
namespace add_norm_test {

using test::near;

at::Tensor expected(const at::Tensor& sum, const LayerNormWeights& norm) {
  return at::layer_norm(sum.to(at::kDouble), {sum.size(-1)}, norm.weight.to(at::kDouble),
                        norm.bias.to(at::kDouble), norm.eps);
}

class AddNorm : public ::testing::TestWithParam<int64_t> {};

TEST_P(AddNorm, EqualsDoublePrecisionOnEveryInstructionSet) {
  at::manual_seed(4);
  const int64_t channels = GetParam();
  const at::Tensor x = at::randn({17, channels}) + 2, y = at::randn({17, channels});
  LayerNormWeights norm = {at::randn({channels}), at::randn({channels})};
  const at::Tensor want = expected(x.to(at::kDouble) + y.to(at::kDouble), norm);
  with_every_implementation([&] {
    const at::Tensor out = at::empty_like(x);
    add_norm(x, y, norm, out);
    EXPECT_TRUE(near(out, want, 2e-6));
    const at::Tensor in_place = x.clone();
    add_norm(in_place, y, norm, in_place);
    EXPECT_TRUE(in_place.equal(out));
  });
}

INSTANTIATE_TEST_SUITE_P(Channels, AddNorm, ::testing::Values(256, 64, 19, 3));

TEST(AddNorm, AnotherShapeIsAnError) {
  const LayerNormWeights norm = {at::ones({8}), at::zeros({8})};
  EXPECT_ERROR(shape_mismatch, "add_norm: y: expected shape [2, 8]",
               add_norm(at::ones({2, 8}), at::ones({3, 8}), norm, at::ones({2, 8})));
  EXPECT_ERROR(shape_mismatch, "add_norm: weight: expected shape [9]",
               add_norm(at::ones({2, 9}), at::ones({2, 9}), norm, at::ones({2, 9})));
}

}  // namespace add_norm_test
}  // namespace fcclip::ops::cpu
