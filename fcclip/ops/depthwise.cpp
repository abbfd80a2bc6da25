#include "fcclip/ops/depthwise.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/dispatch.h"

namespace fcclip::ops {
namespace {

constexpr int64_t kDepthwiseSide = 7;

at::Tensor plain_depthwise(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::conv2d(x.permute({0, 3, 1, 2}), weight, bias, 1, kDepthwiseSide / 2, 1, x.size(3))
      .permute({0, 2, 3, 1})
      .contiguous();
}

at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const auto run = own(&Implementation::depthwise7, x);
  return (run ? run : plain_depthwise)(x, weight, bias);
}

struct Depthwise : torch::autograd::Function<Depthwise> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& weight, const at::Tensor& bias) {
    context->save_for_backward({x, weight});
    return convolve(x, weight, bias);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const at::Tensor grad_out = gradients[0].contiguous();
    check_shape("depthwise7: grad_out", grad_out, saved[0].sizes());
    check_dtype("depthwise7: grad_out", grad_out, at::kFloat);
    const DepthwiseGradients found =
        own(&Implementation::depthwise7_backward, saved[0])(saved[0], saved[1], grad_out);
    return {found.x, found.weight, grad_out.sum({0, 1, 2})};
  }
};

}  // namespace

at::Tensor depthwise7(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  check_shape("depthwise7: x", x, {kAny, kAny, kAny, kAny});
  check_shape("depthwise7: weight", weight, {x.size(3), 1, kDepthwiseSide, kDepthwiseSide});
  check_shape("depthwise7: bias", bias, {x.size(3)});
  const bool own_gradient =
      x.scalar_type() == at::kFloat && own(&Implementation::depthwise7_backward, x) != nullptr;
  return own_gradient ? Depthwise::apply(x, weight, bias) : convolve(x, weight, bias);
}

}  // namespace fcclip::ops
