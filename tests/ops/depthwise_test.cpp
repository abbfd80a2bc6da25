#include "fcclip/ops/depthwise.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"

namespace fcclip::ops {
namespace depthwise_test {

struct Inputs {
  at::Tensor x, weight, bias, grad;
};

Inputs random_inputs(int64_t height, int64_t width, int64_t channels) {
  at::manual_seed(7);
  return {at::randn({3, height, width, channels}), at::randn({channels, 1, 7, 7}),
          at::randn({channels}), at::randn({3, height, width, channels})};
}

at::Tensor reference(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::conv2d(x.permute({0, 3, 1, 2}), weight, bias, 1, 3, 1, x.size(3))
      .permute({0, 2, 3, 1});
}

// Maps smaller and larger than the kernel, channels that fill no register.
TEST(Depthwise, GradientsAreThoseOfAnOrdinaryConvolution) {
  for (const Isa isa : available_isas()) {
    for (const auto& [height, width, channels] :
         std::vector<std::array<int64_t, 3>>{{16, 16, 40}, {2, 2, 320}, {1, 9, 3}, {8, 5, 67}}) {
      const Inputs in = random_inputs(height, width, channels);
      const at::Tensor x = in.x.to(at::kDouble).requires_grad_();
      const at::Tensor weight = in.weight.to(at::kDouble).requires_grad_();
      reference(x, weight, in.bias.to(at::kDouble)).backward(in.grad.to(at::kDouble));
      const DepthwiseGradients got = depthwise7_gradients(in.x, in.weight, in.grad, isa);
      EXPECT_TRUE(at::allclose(got.x.to(at::kDouble), x.grad(), 1e-4, 1e-4)) << name(isa);
      EXPECT_TRUE(at::allclose(got.weight.to(at::kDouble), weight.grad(), 1e-4, 1e-4)) << name(isa);
    }
  }
}

TEST(Depthwise, IsOneNodeWithGradientsToAllThree) {
  const Inputs in = random_inputs(6, 7, 24);
  const at::Tensor x = in.x.clone().requires_grad_(), weight = in.weight.clone().requires_grad_(),
                   bias = in.bias.clone().requires_grad_();
  const at::Tensor out = depthwise7(x, weight, bias);
  EXPECT_TRUE(at::allclose(out, reference(in.x, in.weight, in.bias), 1e-5, 1e-5));
  out.backward(in.grad);
  EXPECT_TRUE(at::allclose(bias.grad(), in.grad.sum({0, 1, 2}), 1e-5, 1e-5));
  const DepthwiseGradients want = depthwise7_gradients(in.x, in.weight, in.grad);
  EXPECT_TRUE(at::equal(x.grad(), want.x));
  EXPECT_TRUE(at::equal(weight.grad(), want.weight));
}

TEST(Depthwise, OtherKernelsAreRefused) {
  EXPECT_ERROR(shape_mismatch, "depthwise7: weight: expected shape [8, 1, 7, 7]",
               depthwise7(at::zeros({1, 4, 4, 8}), at::zeros({8, 1, 3, 3}), at::zeros({8})));
}

}  // namespace depthwise_test
}  // namespace fcclip::ops
