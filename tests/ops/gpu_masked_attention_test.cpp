// The GPU's attention with a mask where there is no GPU (ctest's ops.fake_cuda, as gpu_kernels_test.cpp):
// equal to the definition in double precision.

#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/ops/cuda/masked_attention_launch.h"
#include "tests/ops/fake_driver.h"
#include "tests/support/goldens.h"

namespace fcclip::ops {
namespace gpu_masked_attention_test {

using cuda::AttentionInputs;
using test::near;

struct Sizes {
  int64_t batch, queries, keys, heads;
};

// One of all; less than a tile; ends within a tile; whole tiles; keys in several splits, of which the last is
// shorter; two images.
const Sizes kSizes[] = {{1, 1, 1, 1},    {1, 5, 30, 2},  {1, 70, 65, 1},
                        {2, 64, 128, 2}, {1, 9, 700, 1}, {2, 66, 1100, 3}};

AttentionInputs inputs_of(const Sizes& s) {
  at::manual_seed(41);
  const int64_t c = s.heads * 32;
  return {at::randn({s.batch, s.queries, c}), at::randn({s.batch, s.keys, c}),
          at::randn({s.batch, s.keys, c}), s.heads};
}

at::Tensor definition(const AttentionInputs& in) {
  const auto split = [&](const at::Tensor& x) {
    return x.to(at::kDouble).unflatten(-1, {in.heads, -1}).transpose(1, 2);
  };
  at::Tensor scores = at::matmul(split(in.q), split(in.k).transpose(-1, -2)) / std::sqrt(32.0);
  if (in.blocked.defined()) scores = scores.masked_fill(in.blocked, -INFINITY);
  const at::Tensor weights = scores.softmax(-1).nan_to_num(0);
  return at::matmul(weights, split(in.v)).transpose(1, 2).flatten(2).to(at::kFloat);
}

class GpuKernelsOfAttention : public ::testing::TestWithParam<Sizes> {};

TEST_P(GpuKernelsOfAttention, EqualsTheDefinition) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const AttentionInputs in = inputs_of(GetParam());
  ASSERT_TRUE(cuda::fits_masked_attention(in));
  EXPECT_TRUE(near(cuda::launch_masked_attention(in, {}), definition(in), 2e-6));
}

// Scattered masks, one query that may look nowhere, one at the last key alone, one not before the last tile.
TEST_P(GpuKernelsOfAttention, EqualsTheDefinitionUnderMasks) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const Sizes& s = GetParam();
  AttentionInputs in = inputs_of(s);
  in.blocked = at::rand({s.batch, 1, s.queries, s.keys}).gt(0.3);
  in.blocked.select(2, 0).fill_(true);
  in.blocked.select(2, s.queries / 2).slice(-1, 0, s.keys - 1).fill_(true);
  in.blocked.select(2, s.queries / 2).select(-1, s.keys - 1).fill_(false);
  in.blocked.select(2, s.queries - 1).slice(-1, 0, (s.keys - 1) / 64 * 64).fill_(true);
  EXPECT_TRUE(near(cuda::launch_masked_attention(in, {}), definition(in), 2e-6));
}

// As the decoder has them: of one product; keys side by side.
TEST_P(GpuKernelsOfAttention, ViewsAreReadAsTheyLie) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const Sizes& s = GetParam();
  AttentionInputs in = inputs_of(s);
  const at::Tensor want = definition(in);
  in.k = in.k.transpose(1, 2).contiguous().transpose(1, 2);
  in.q = at::cat({in.q, at::ones_like(in.q)}, -1).narrow(-1, 0, in.q.size(2));
  in.v = at::cat({at::ones_like(in.v), in.v}, -1).narrow(-1, in.v.size(2), in.v.size(2));
  EXPECT_TRUE(near(cuda::launch_masked_attention(in, {}), want, 2e-6));
}

INSTANTIATE_TEST_SUITE_P(Sizes, GpuKernelsOfAttention, ::testing::ValuesIn(kSizes));

TEST(GpuKernelsOfAttentionEdges, LargeScoresDoNotOverflow) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  AttentionInputs in = inputs_of({1, 3, 300, 1});
  in.q *= 300;
  in.k.select(1, 7).mul_(50);
  EXPECT_TRUE(near(cuda::launch_masked_attention(in, {}), definition(in), 1e-4));
}

// In one split and in several: a training or 16 bits that overflow must not look like an answer.
TEST(GpuKernelsOfAttentionEdges, WhatIsNotANumberStaysNone) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  for (const int64_t keys : {int64_t{40}, int64_t{900}}) {
    AttentionInputs in = inputs_of({1, 4, keys, 1});
    in.q[0][2].fill_(std::numeric_limits<float>::quiet_NaN());
    const at::Tensor lost = cuda::launch_masked_attention(in, {}).isnan().all(-1)[0];
    EXPECT_TRUE(lost.equal(at::tensor({0, 0, 1, 0}).to(at::kBool)));
  }
}

TEST(GpuKernelsOfAttentionEdges, WhatLiesElsewhereIsCopiedFirst) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  AttentionInputs in = inputs_of({1, 6, 40, 1});
  const at::Tensor want = definition(in);
  // Rows of 33 numbers: none begins where four can be read at once.
  for (at::Tensor* x : {&in.q, &in.k, &in.v})
    *x = at::constant_pad_nd(*x, {1, 0}).narrow(-1, 1, 32);
  EXPECT_TRUE(near(cuda::launch_masked_attention(in, {}), want, 2e-6));
}

TEST(GpuKernelsOfAttentionEdges, OtherHeadsAndMasksAreLibTorchs) {
  AttentionInputs in = inputs_of({1, 4, 8, 2});
  EXPECT_TRUE(cuda::fits_masked_attention(in));
  in.heads = 4;
  EXPECT_FALSE(cuda::fits_masked_attention(in));
  in.heads = 2;
  in.blocked = at::zeros({1, 2, 4, 8}, at::kBool);
  EXPECT_FALSE(cuda::fits_masked_attention(in));
  EXPECT_FALSE(cuda::fits_masked_attention({in.q.to(at::kHalf), in.k, in.v, 2}));
  EXPECT_FALSE(cuda::fits_masked_attention({in.q, in.k.narrow(1, 0, 0), in.v.narrow(1, 0, 0), 2}));
}

}  // namespace gpu_masked_attention_test
}  // namespace fcclip::ops
