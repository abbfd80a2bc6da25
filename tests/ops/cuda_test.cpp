#include "tests/support/cuda.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/ops/conv3x3.h"
#include "fcclip/ops/convnext_block.h"
#include "fcclip/ops/deform_attention.h"
#include "fcclip/ops/depthwise.h"
#include "fcclip/ops/device_graph.h"
#include "fcclip/ops/group_best.h"
#include "fcclip/ops/group_norm.h"
#include "fcclip/ops/mask_pool.h"
#include "fcclip/ops/masked_attention.h"
#include "fcclip/ops/normalise.h"
#include "fcclip/ops/patch_conv.h"
#include "fcclip/ops/points.h"
#include "fcclip/ops/prefix_attention.h"
#include "fcclip/ops/resize_u8.h"
#include "fcclip/ops/upsampled_masks.h"

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

TEST(CudaOps, DeformableAttentionOfSixteenBitsEqualsTheProcessors) {
  FCCLIP_NEEDS_CUDA();
  at::manual_seed(1);
  const c10::InferenceMode guard;
  const std::vector<Size> levels = {{5, 7}, {3, 2}};
  const at::Tensor locations = at::rand({2, 9, 8, 2, 4, 2}) * 1.4 - 0.2;
  const at::Tensor weights = at::rand({2, 9, 8, 2, 4});
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    const at::Tensor value = at::randn({2, 41, 8, 32}).to(type);
    const at::Tensor cpu = deform_attention(value, levels, locations, weights);
    const at::Tensor cuda =
        deform_attention(value.cuda(), levels, locations.cuda(), weights.cuda()).cpu();
    EXPECT_EQ(cuda.scalar_type(), type);
    EXPECT_GT(cuda.eq(cpu).to(at::kFloat).mean().item<double>(), 0.98);
    EXPECT_TRUE(cuda.allclose(cpu, type == at::kHalf ? 0x1p-9 : 0x1p-6, 1e-3));
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

// Heads as the mask decoder's have a kernel of their own: keys in many splits, few, one; keys side by side.
TEST(CudaOps, MaskedAttentionOfTheDecoderEqualsTheProcessors) {
  FCCLIP_NEEDS_CUDA();
  at::manual_seed(4);
  const c10::InferenceMode guard;
  for (const int64_t keys : {int64_t{8640}, int64_t{540}, int64_t{250}}) {
    const at::Tensor blocked = at::rand({1, 1, 250, keys}).gt(0.1);
    const at::Tensor q = at::randn({1, 250, 256}), v = at::randn({1, keys, 256});
    const at::Tensor k = at::randn({1, 256, keys}).transpose(1, 2);
    const at::Tensor want = masked_attention(q, k, v, 8, blocked);
    const at::Tensor got = masked_attention(q.cuda(), k.cuda(), v.cuda(), 8, blocked.cuda());
    EXPECT_LT((got.cpu() - want).abs().max().item<double>(), 1e-5);
  }
}

TEST(CudaOps, RowsOfMasksEqualTheProcessors) {
  FCCLIP_NEEDS_CUDA();
  at::manual_seed(10);
  const c10::InferenceMode guard;
  at::Tensor logits = at::randn({2, 5, 9, 70});
  logits[0][1].fill_(-1);
  const at::Tensor rows = logits.flatten(2), features = at::randn({2, 9, 70, 16});
  EXPECT_TRUE(blocked_by_masks(rows.cuda()).cpu().equal(blocked_by_masks(rows)));
  const at::Tensor cpu = mask_pool(features, logits);
  EXPECT_TRUE(mask_pool(features.cuda(), logits.cuda()).cpu().allclose(cpu, 1e-5, 1e-6));
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

// What inference runs: packed on each device, without gradients.
void expect_like_cpu_packed(const Operation& operation, const std::vector<at::Tensor>& inputs) {
  const c10::InferenceMode guard;
  std::vector<at::Tensor> on_cuda;
  for (const at::Tensor& input : inputs) on_cuda.push_back(input.cuda());
  const at::Tensor cpu = operation(inputs), cuda = operation(on_cuda);
  EXPECT_TRUE(cuda.is_cuda());
  const double scale = std::max(1.0, cpu.abs().max().item<double>());
  EXPECT_LT((cpu - cuda.cpu()).abs().max().item<double>(), 2e-5 * scale);
}

TEST(CudaOps, PackedConvolutionsEqualTheProcessors) {
  FCCLIP_NEEDS_CUDA();
  at::globalContext().setAllowTF32CuDNN(false);
  at::manual_seed(5);
  expect_like_cpu_packed([](const auto& in) { return PackedConv3x3(in[1])(in[0]); },
                         {at::randn({9, 11, 16}), at::randn({8, 16, 3, 3}) / 12});
  expect_like_cpu_packed(
      [](const auto& in) {
        return PackedPatchConv({in[1], in[2], LayerNormWeights{in[3], in[4]}, std::nullopt})(in[0]);
      },
      {at::randn({2, 6, 8, 16}), at::randn({24, 16, 2, 2}) / 8, at::randn({24}), at::rand({16}),
       at::randn({16})});
}

std::vector<at::Tensor> block_inputs(int64_t c) {
  const auto scaled = [](at::IntArrayRef shape, double inputs) {
    return at::randn(shape) / std::sqrt(inputs);
  };
  at::manual_seed(6);
  return {at::randn({2, 9, 11, c}), scaled({c, 1, 7, 7}, 49),
          at::randn({c}),           at::rand({c}),
          at::randn({c}),           scaled({4 * c, c}, static_cast<double>(c)),
          at::randn({4 * c}),       scaled({c, 4 * c}, static_cast<double>(4 * c)),
          at::randn({c}),           at::randn({c})};
}

at::Tensor packed_block(const std::vector<at::Tensor>& in, Products products) {
  at::Tensor y = at::empty_like(in[0]);
  PackedConvNextBlock(
      {in[1], in[2], {in[3], in[4]}, {in[5], in[6]}, {in[7], in[8]}, in[9], products})
      .run(in[0], y);
  return y;
}

// Channels of either kernel, and of neither (cuda/depthwise_norm_launch.h).
TEST(CudaOps, PackedConvNextBlockEqualsTheProcessors) {
  FCCLIP_NEEDS_CUDA();
  at::globalContext().setAllowTF32CuDNN(false);
  for (const int64_t channels : {16, 640, 3080}) {
    expect_like_cpu_packed([](const auto& in) { return packed_block(in, Products::float32); },
                           block_inputs(channels));
  }
}

// As products_test.cpp: within eight roundings.
TEST(CudaOps, PackedConvNextBlockOfSixteenBitsIsNearTheProcessors) {
  FCCLIP_NEEDS_CUDA();
  const c10::InferenceMode guard;
  for (const int64_t channels : {192, 768}) {
    const std::vector<at::Tensor> inputs = block_inputs(channels);
    const at::Tensor cpu = packed_block(inputs, Products::float32);
    std::vector<at::Tensor> on_cuda;
    for (const at::Tensor& input : inputs) on_cuda.push_back(input.cuda());
    for (const auto& [products, rounding] :
         {std::pair{Products::bfloat16, 0x1p-9}, {Products::float16, 0x1p-12}}) {
      if (!lack_of_products(products, at::Device(at::kCUDA, 0)).empty()) continue;
      const at::Tensor off = (packed_block(on_cuda, products).cpu() - cpu).abs();
      EXPECT_LT(off.max().item<double>(), 8 * rounding * cpu.abs().max().item<double>());
    }
  }
}

TEST(CudaOps, NormsAndGroupsEqualTheProcessors) {
  FCCLIP_NEEDS_CUDA();
  at::manual_seed(7);
  expect_like_cpu_packed(
      [](const auto& in) {
        const at::Tensor out = at::empty_like(in[0]);
        group_norm(in[0], {in[1], in[2], 8}, out, {.coarse = in[3]});
        return out;
      },
      {at::randn({9, 11, 32}), at::rand({32}), at::randn({32}), at::randn({5, 6, 32})});
  expect_like_cpu_packed(
      [](const auto& in) {
        return best_of_groups(in[0], {1, 4, 3}).best;
      },
      {at::randn({5, 8})});
  EXPECT_TRUE(
      uniform_points({1, 99}, 50, at::kCUDA).cpu().equal(uniform_points({1, 99}, 50, at::kCPU)));
}

TEST(CudaOps, PicturesAreResizedAndNormalisedToTheLastBit) {
  FCCLIP_NEEDS_CUDA();
  at::manual_seed(11);
  const PixelNorm norm = {{122.7709383, 116.7460125, 104.09373615},
                          {68.5005327, 66.6321579, 70.32316305}};
  for (const Size size : {Size{800, 1067}, Size{60, 80}, Size{480, 90}, Size{1, 1}}) {
    const at::Tensor rgb = at::randint(0, 256, {480, 640, 3}, at::kByte);
    const at::Tensor cpu = resize_bilinear_u8(rgb, size),
                     cuda = resize_bilinear_u8(rgb.cuda(), size);
    EXPECT_TRUE(cuda.is_cuda() && cuda.cpu().equal(cpu));
    const Size padded = {size.height + 31, size.width + 7};
    EXPECT_TRUE(normalise_and_pad(cuda.unsqueeze(0), norm, padded)
                    .cpu()
                    .equal(normalise_and_pad(cpu.unsqueeze(0), norm, padded)));
  }
}

TEST(CudaOps, ResultsOfMasksStayOnTheDevice) {
  FCCLIP_NEEDS_CUDA();
  at::manual_seed(8);
  const MaskSource cpu = {at::randn({4, 16, 24}) * 4, {64, 96}, {60, 90}, {80, 120}};
  const MaskSource cuda = {cpu.mask_logits.cuda(), cpu.padded, cpu.resized, cpu.original};
  const at::Tensor weights = at::rand({4, 5});
  const at::Tensor labels = best_classes(cuda, weights.cuda());
  EXPECT_TRUE(labels.is_cuda());
  EXPECT_TRUE(labels.cpu().equal(best_classes(cpu, weights)));
  const at::Tensor scores = at::tensor({0.5f, 0.0f, 0.6f, 0.0f});
  const MaskWinners winners = mask_winners(cuda, scores.cuda());
  EXPECT_TRUE(winners.codes.is_cuda());
  EXPECT_TRUE(winners.codes.cpu().equal(mask_winners(cpu, scores).codes));
}

// A photograph, all three kinds of results; the processor's order of sums and roundings is the GPU's.
TEST(CudaOps, ResultsOfAPhotographEqualTheProcessors) {
  FCCLIP_NEEDS_CUDA();
  at::manual_seed(9);
  const MaskSource cpu = {at::randn({50, 160, 216}) * 6, {640, 864}, {640, 853}, {480, 640}};
  const MaskSource cuda = {cpu.mask_logits.cuda(), cpu.padded, cpu.resized, cpu.original};
  const std::vector<int64_t> queries = {0, 7, 3, 49, 21};
  const at::Tensor scores = at::zeros({50});
  scores.index_copy_(0, at::tensor(queries), at::tensor({0.5f, 0.6f, 0.9f, 0.2f, 0.8f}));
  const MaskWinners got = mask_winners(cuda, scores), want = mask_winners(cpu, scores);
  const auto same = [](const at::Tensor& a, const at::Tensor& b) {
    return a.cpu().eq(b).to(at::kDouble).mean().item<double>();
  };
  EXPECT_GT(same(got.codes, want.codes), 0.9999);
  const at::Tensor weights = at::softmax(at::randn({50, 150}) * 3, -1);
  EXPECT_GT(same(best_classes(cuda, weights), best_classes(cpu, weights)), 0.9999);
  const std::vector<MaskRuns> runs = mask_runs(cuda, queries), wanted = mask_runs(cpu, queries);
  for (size_t i = 0; i < queries.size(); ++i) {
    const int64_t q = queries[i];
    EXPECT_NEAR(got.pixels_inside[q].item<int64_t>(), want.pixels_inside[q].item<int64_t>(), 30);
    EXPECT_NEAR(std::ssize(runs[i].counts), std::ssize(wanted[i].counts), 30);
    EXPECT_NEAR(runs[i].sigmoid_sum, wanted[i].sigmoid_sum, 1e-4 * wanted[i].sigmoid_sum);
  }
}

TEST(CudaGraphs, AReplaySeesWhatTheInputHoldsThen) {
  FCCLIP_NEEDS_CUDA();
  const at::Device gpu(at::kCUDA, 0);
  const RecordGraph record = graph_recorder(gpu);
  if (!record) GTEST_SKIP() << "built without CUDA's headers";
  const at::Tensor input = at::zeros({8, 8}, gpu), weight = at::randn({8, 8}, gpu);
  DeviceTurn turn(gpu);
  const auto graph = record(
      gpu, [&] { return std::vector<at::Tensor>{at::relu(at::linear(input, weight))}; }, nullptr);
  for (int times = 0; times < 3; ++times) {
    input.copy_(at::randn({8, 8}));
    graph->replay();
    EXPECT_TRUE(
        at::allclose(graph->outputs().at(0), at::relu(at::linear(input, weight)), 1e-4, 1e-4));
  }
  const auto beside = record(
      gpu, [&] { return std::vector{input + 1}; }, graph.get());
  beside->replay();
  EXPECT_TRUE(beside->outputs().at(0).equal(input + 1));
}

TEST(CudaGraphs, WorkThatReadsBackIsRefusedAndLeavesTheDeviceAsItWas) {
  FCCLIP_NEEDS_CUDA();
  const at::Device gpu(at::kCUDA, 0);
  const RecordGraph record = graph_recorder(gpu);
  if (!record) GTEST_SKIP() << "built without CUDA's headers";
  const at::Tensor input = at::ones({8}, gpu);
  DeviceTurn turn(gpu);
  const auto reads_back = [&] { return std::vector{input * input.sum().item<float>()}; };
  const auto good = [&] { return std::vector{input * 2}; };
  const auto before = record(gpu, good, nullptr);
  const std::vector<const DeviceGraph*> neighbours = {nullptr, before.get()};
  for (const DeviceGraph* beside : neighbours) {
    EXPECT_ANY_THROW(record(gpu, reads_back, beside));
    EXPECT_EQ(at::randn({4}, gpu).numel(), 4);
    EXPECT_EQ((input * 3).sum().item<float>(), 24);
    const auto graph = record(gpu, good, beside);
    graph->replay();
    EXPECT_EQ(graph->outputs().at(0).sum().item<float>(), 16);
  }
}

}  // namespace
}  // namespace fcclip::ops
