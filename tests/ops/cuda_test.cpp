#include "tests/support/cuda.h"

#include <ATen/ATen.h>

#include "fcclip/ops/deform_attention.h"
#include "fcclip/ops/depthwise.h"
#include "fcclip/ops/masked_attention.h"
#include "fcclip/ops/prefix_attention.h"

namespace fcclip::ops {
namespace {

using Operation = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

// The output and the gradients of the inputs, for one fixed gradient of the output.
std::vector<at::Tensor> run_on(at::Device device, const Operation& operation,
                               const std::vector<at::Tensor>& inputs) {
  std::vector<at::Tensor> leaves;
  for (const at::Tensor& input : inputs) {
    leaves.push_back(input.to(device).detach().clone().set_requires_grad(true));
  }
  const at::Tensor out = operation(leaves);
  at::manual_seed(9);
  (out * at::randn(out.sizes()).to(device)).sum().backward();
  std::vector<at::Tensor> results = {out.detach().cpu()};
  for (const at::Tensor& leaf : leaves) results.push_back(leaf.grad().cpu());
  return results;
}

void expect_like_cpu(const Operation& operation, const std::vector<at::Tensor>& inputs) {
  const auto cpu = run_on(at::kCPU, operation, inputs);
  const auto cuda = run_on(at::kCUDA, operation, inputs);
  for (size_t i = 0; i < cpu.size(); ++i) {
    const double scale = std::max(1.0, cpu[i].abs().max().item<double>());
    EXPECT_LT((cpu[i] - cuda[i]).abs().max().item<double>(), 2e-5 * scale) << "result " << i;
  }
}

TEST(CudaOps, DeformableAttentionEqualsTheProcessors) {
  FCCLIP_NEEDS_CUDA();
  const std::vector<Size> levels = {{5, 7}, {3, 2}};
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    at::manual_seed(1);
    const at::TensorOptions options(type);
    expect_like_cpu(
        [&](const auto& in) { return deform_attention(in[0], levels, in[1], in[2]); },
        {at::randn({2, 41, 3, 6}, options), at::rand({2, 9, 3, 2, 4, 2}, options) * 1.4 - 0.2,
         at::rand({2, 9, 3, 2, 4}, options)});
  }
}

TEST(CudaOps, DepthwiseConvolutionEqualsTheProcessors) {
  FCCLIP_NEEDS_CUDA();
  at::manual_seed(2);
  expect_like_cpu([](const auto& in) { return depthwise7(in[0], in[1], in[2]); },
                  {at::randn({2, 9, 11, 8}), at::randn({8, 1, 7, 7}), at::randn({8})});
}

TEST(CudaOps, MaskedAttentionEqualsTheProcessors) {
  FCCLIP_NEEDS_CUDA();
  at::manual_seed(3);
  const at::Tensor blocked = at::rand({2, 1, 5, 37}).gt(0.6);
  expect_like_cpu(
      [&](const auto& in) {
        return masked_attention(in[0], in[1], in[2], 4, blocked.to(in[0].device()));
      },
      {at::randn({2, 5, 64}), at::randn({2, 37, 64}), at::randn({2, 37, 64})});
}

TEST(CudaOps, PrefixAttentionEqualsTheProcessors) {
  FCCLIP_NEEDS_CUDA();
  at::manual_seed(4);
  const at::Tensor q = at::randn({6, 32}), k = at::randn({9, 32}), v = at::randn({9, 32});
  const at::Tensor paths = at::randint(0, 9, {6, 4}, at::kInt).contiguous();
  paths.narrow(0, 2, 3).narrow(1, 2, 2).fill_(-1);  // shorter texts
  const at::Tensor cpu = prefix_attention(q, k, v, paths, 4);
  const at::Tensor cuda = prefix_attention(q.cuda(), k.cuda(), v.cuda(), paths, 4).cpu();
  EXPECT_LT((cpu - cuda).abs().max().item<double>(), 1e-5);
}

}  // namespace
}  // namespace fcclip::ops
