#pragma once
// Gradients held against central differences.

#include <cmath>
#include <functional>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

namespace fcclip::test {

/// The slope of `value` as all of `moved` go along their `directions`: (f(+step) − f(−step)) / 2
/// step. They are moved in place, and put back; no gradient is recorded.
inline double central_difference(const std::function<double()>& value,
                                 const std::vector<at::Tensor>& moved,
                                 const std::vector<at::Tensor>& directions, double step) {
  const at::NoGradGuard no_grad;
  const auto at_offset = [&](double offset) {
    std::vector<at::Tensor> before;
    for (size_t i = 0; i < moved.size(); ++i) {
      before.push_back(moved[i].clone());
      moved[i].add_(directions[i], offset);
    }
    const double result = value();
    for (size_t i = 0; i < moved.size(); ++i) moved[i].copy_(before[i]);
    return result;
  };
  return (at_offset(step) - at_offset(-step)) / (2 * step);
}

struct GradientCheck {
  double step = 1e-5;
  double tolerance = 1e-7, relative = 1e-6;
  int64_t every = 1;  ///< looks at each so-many-th element
};

/// `loss` gives a scalar in double precision, a function of all of `inputs`; the gradient of each
/// element is the central difference.
inline void expect_gradient(const std::function<at::Tensor()>& loss,
                            const std::vector<at::Tensor>& inputs,
                            const GradientCheck& check = {}) {
  for (const at::Tensor& input : inputs) {
    input.set_requires_grad(true);
    input.mutable_grad() = at::Tensor();
  }
  loss().backward();
  for (const at::Tensor& input : inputs) {
    ASSERT_TRUE(input.grad().defined());
    const at::Tensor elements = input.detach().view(-1), gradient = input.grad().reshape(-1);
    for (int64_t i = 0; i < elements.numel(); i += check.every) {
      const double slope = central_difference([&] { return loss().item<double>(); }, {elements[i]},
                                              {at::ones({}, elements.options())}, check.step);
      EXPECT_NEAR(gradient[i].item<double>(), slope,
                  check.tolerance + check.relative * std::abs(slope))
          << "element " << i;
    }
  }
}

}  // namespace fcclip::test
