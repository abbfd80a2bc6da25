#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/ops/cpu/depthwise_gradient_kernels.h"
#include "fcclip/ops/cpu/ops.h"
#include "fcclip/ops/cpu/per_isa.h"

namespace fcclip::ops {

FCCLIP_DECLARE_PER_ISA(fill_depthwise_gradient, DepthwiseGradientKernels)

namespace cpu {

DepthwiseGradients depthwise7_backward(const at::Tensor& x, const at::Tensor& weight,
                                       const at::Tensor& grad_out) {
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
      table_of<DepthwiseGradientKernels>(chosen_isa(), FCCLIP_FILLERS(fill_depthwise_gradient));
  at::parallel_for(0, job.batch * job.height, 8,
                   [&](int64_t begin, int64_t end) { run.to_input(job, begin, end); });
  at::parallel_for(0, kDepthwiseKernel, 1, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) run.to_weight(job, line);
  });
  return {grad_x, grad_packed.t().contiguous().view(weight.sizes())};
}

}  // namespace cpu
}  // namespace fcclip::ops
