#include "fcclip/ops/depthwise.h"

#include <functional>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/ops/every_implementation.h"
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

struct Gradients {
  at::Tensor out, x, weight, bias;
};

Gradients gradients_of(const Inputs& in, at::ScalarType type,
                       const std::function<at::Tensor(at::Tensor, at::Tensor, at::Tensor)>& op) {
  const auto leaf = [&](const at::Tensor& t) { return t.to(type).clone().requires_grad_(); };
  const at::Tensor x = leaf(in.x), weight = leaf(in.weight), bias = leaf(in.bias);
  const at::Tensor out = op(x, weight, bias);
  out.backward(in.grad.to(type));
  return {out.detach(), x.grad(), weight.grad(), bias.grad()};
}

// Maps smaller and larger than the kernel, channels that fill no register.
TEST(Depthwise, OutputAndGradientsAreThoseOfAnOrdinaryConvolution) {
  for (const auto& [height, width, channels] :
       std::vector<std::array<int64_t, 3>>{{16, 16, 40}, {2, 2, 320}, {1, 9, 3}, {8, 5, 67}}) {
    const Inputs in = random_inputs(height, width, channels);
    const Gradients want = gradients_of(in, at::kDouble, reference);
    with_every_implementation([&] {
      const Gradients got = gradients_of(in, at::kFloat, depthwise7);
      const auto close = [](const at::Tensor& a, const at::Tensor& b) {
        return at::allclose(a.to(at::kDouble), b, 1e-4, 1e-4);
      };
      EXPECT_TRUE(close(got.out, want.out));
      EXPECT_TRUE(close(got.x, want.x));
      EXPECT_TRUE(close(got.weight, want.weight));
      EXPECT_TRUE(close(got.bias, want.bias));
    });
  }
}

TEST(Depthwise, OtherKernelsAreRefused) {
  EXPECT_ERROR(shape_mismatch, "depthwise7: weight: expected shape [8, 1, 7, 7]",
               depthwise7(at::zeros({1, 4, 4, 8}), at::zeros({8, 1, 3, 3}), at::zeros({8})));
}

}  // namespace depthwise_test
}  // namespace fcclip::ops
