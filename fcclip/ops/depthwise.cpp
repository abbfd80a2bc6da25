#include "fcclip/ops/depthwise.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/cpu/depthwise_gradient_kernels.h"
#include "fcclip/ops/cpu/per_isa.h"

namespace fcclip::ops {

FCCLIP_DECLARE_PER_ISA(fill_depthwise_gradient, DepthwiseGradientKernels)

namespace {

at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  at::Tensor planes = x.permute({0, 3, 1, 2});
  // On channels last cuDNN's float32 gradients take over ten times as long as ATen's on planes.
  if (x.is_cuda() && x.scalar_type() == at::kFloat) planes = planes.contiguous();
  return at::conv2d(planes, weight, bias, 1, kDepthwiseKernel / 2, 1, x.size(3))
      .permute({0, 2, 3, 1})
      .contiguous();
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
    const DepthwiseGradients found = depthwise7_gradients(saved[0], saved[1], grad_out);
    return {found.x, found.weight, grad_out.sum({0, 1, 2})};
  }
};

}  // namespace

DepthwiseGradients depthwise7_gradients(const at::Tensor& x, const at::Tensor& weight,
                                        const at::Tensor& grad_out, Isa isa) {
  check_shape("depthwise7: grad_out", grad_out, x.sizes());
  check_dtype("depthwise7: grad_out", grad_out, at::kFloat);
  const int64_t channels = x.size(3), taps = kDepthwiseKernel * kDepthwiseKernel;
  const at::Tensor inputs = x.contiguous(), outputs = grad_out.contiguous();
  const at::Tensor packed = weight.detach().view({channels, taps}).t().contiguous();
  const at::Tensor grad_x = at::empty_like(inputs), grad_packed = at::empty_like(packed);
  DepthwiseGradient job;
  job.x = inputs.const_data_ptr<float>();
  job.weight = packed.const_data_ptr<float>();
  job.grad_out = outputs.const_data_ptr<float>();
  job.grad_x = grad_x.data_ptr<float>();
  job.grad_weight = grad_packed.data_ptr<float>();
  job.batch = x.size(0);
  job.height = x.size(1);
  job.width = x.size(2);
  job.channels = channels;
  const auto& run =
      table_of<DepthwiseGradientKernels>(isa, FCCLIP_FILLERS(fill_depthwise_gradient));
  at::parallel_for(0, job.batch * job.height, 8,
                   [&](int64_t begin, int64_t end) { run.to_input(job, begin, end); });
  at::parallel_for(0, kDepthwiseKernel, 1, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) run.to_weight(job, line);
  });
  return {grad_x, grad_packed.t().contiguous().view(weight.sizes())};
}

at::Tensor depthwise7(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  check_shape("depthwise7: x", x, {kAny, kAny, kAny, kAny});
  check_shape("depthwise7: weight", weight, {x.size(3), 1, kDepthwiseKernel, kDepthwiseKernel});
  check_shape("depthwise7: bias", bias, {x.size(3)});
  const bool plain = !x.is_cpu() || x.scalar_type() != at::kFloat;
  return plain ? convolve(x, weight, bias) : Depthwise::apply(x, weight, bias);
}

}  // namespace fcclip::ops
