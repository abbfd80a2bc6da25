#include "fcclip/ops/masked_attention.h"

#include <cmath>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/core/error.h"
#include "tests/ops/every_implementation.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::ops {
namespace masked_attention_test {

using test::near;

struct Sizes {
  int64_t batch, queries, keys, heads, head_width;
};

struct Inputs {
  at::Tensor q, k, v;
};

at::Tensor random(at::IntArrayRef shape, uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed), at::kFloat);
}

Inputs inputs_of(const Sizes& s) {
  const int64_t c = s.heads * s.head_width;
  return {random({s.batch, s.queries, c}, 1), random({s.batch, s.keys, c}, 2),
          random({s.batch, s.keys, c}, 3)};
}

// The definition, in double precision; a query without keys gives zeros.
at::Tensor naive(const Inputs& x, int64_t heads, const at::Tensor& blocked) {
  const auto split = [&](const at::Tensor& t) {
    return t.to(at::kDouble).unflatten(-1, {heads, -1}).transpose(1, 2);
  };
  const at::Tensor q = split(x.q), k = split(x.k), v = split(x.v);
  at::Tensor scores = at::matmul(q, k.transpose(-1, -2)) / std::sqrt(double(q.size(-1)));
  if (blocked.defined()) scores = scores.masked_fill(blocked, -INFINITY);
  const at::Tensor weights = scores.softmax(-1).nan_to_num(0);
  return at::matmul(weights, v).transpose(1, 2).flatten(2).to(at::kFloat);
}

class MaskedAttention : public ::testing::TestWithParam<Sizes> {};

TEST_P(MaskedAttention, EqualsTheDefinition) {
  const Inputs x = inputs_of(GetParam());
  const at::Tensor want = naive(x, GetParam().heads, {});
  with_every_implementation(
      [&] { EXPECT_TRUE(near(masked_attention(x.q, x.k, x.v, GetParam().heads), want, 1e-5)); });
}

TEST_P(MaskedAttention, EqualsTheDefinitionUnderScatteredMasks) {
  const Sizes s = GetParam();
  const Inputs x = inputs_of(s);
  at::Tensor blocked = random({s.batch, 1, s.queries, s.keys}, 4).gt(0);
  blocked[0][0][0].fill_(true);   // nowhere to look
  blocked[0][0][1].fill_(false);  // everywhere
  const at::Tensor want = naive(x, s.heads, blocked);
  with_every_implementation(
      [&] { EXPECT_TRUE(near(masked_attention(x.q, x.k, x.v, s.heads, blocked), want, 1e-5)); });
}

TEST_P(MaskedAttention, EqualsTheDefinitionWhereOneKeyIsAllowed) {
  const Sizes s = GetParam();
  const Inputs x = inputs_of(s);
  const at::Tensor blocked = at::ones({1, 1, s.queries, s.keys}, at::kBool);
  for (int64_t i = 0; i < s.queries; ++i) blocked[0][0][i][i * 31 % s.keys] = false;
  EXPECT_TRUE(
      near(masked_attention(x.q, x.k, x.v, s.heads, blocked), naive(x, s.heads, blocked), 1e-6));
}

// Whole and partial blocks of 64 keys, groups of six queries, one and two registers of channels;
// the last two have heads that the kernel leaves to ATen.
INSTANTIATE_TEST_SUITE_P(Sizes, MaskedAttention,
                         ::testing::Values(Sizes{1, 7, 64, 2, 32}, Sizes{2, 13, 200, 3, 16},
                                           Sizes{1, 12, 65, 1, 48}, Sizes{1, 3, 5, 2, 32},
                                           Sizes{1, 5, 33, 2, 8}, Sizes{2, 4, 70, 1, 20}));

TEST(MaskedAttentionScores, AreSafeAgainstLargeOnes) {
  Inputs x = inputs_of({1, 6, 130, 1, 32});
  x.k *= 40;
  EXPECT_TRUE(near(masked_attention(x.q, x.k, x.v, 1), naive(x, 1, {}), 1e-4));
}

TEST(MaskedAttentionGradient, EqualsTheForwardWithoutIt) {
  const Inputs x = inputs_of({1, 7, 70, 2, 32});
  const at::Tensor blocked = random({1, 1, 7, 70}, 5).gt(0.5);
  const at::Tensor plain = masked_attention(x.q, x.k, x.v, 2, blocked);
  x.q.requires_grad_(true);
  const at::Tensor out = masked_attention(x.q, x.k, x.v, 2, blocked);
  EXPECT_TRUE(near(plain, out.detach(), 1e-5));
  out.sum().backward();
  EXPECT_TRUE(x.q.grad().defined());
}

TEST(MaskedAttentionArguments, HeadsThatDoNotDivideTheWidthAreAnError) {
  const at::Tensor x = at::zeros({1, 2, 8});
  EXPECT_ERROR(invalid_argument, "masked_attention: 8 channels can't be split into 3 heads",
               masked_attention(x, x, x, 3));
  EXPECT_ERROR(shape_mismatch, "masked_attention: k: expected shape [1, *, 8]",
               masked_attention(x, at::zeros({1, 2, 4}), x, 2));
}

TEST(BlockedByMasks, IsOutsideOfAMaskUnlessItIsEmpty) {
  const at::Tensor logits = at::tensor({-1.0f, 0.0f, 2.0f, -1.0f, -2.0f, -3.0f}).view({1, 2, 3});
  with_every_implementation([&] {
    const at::Tensor want = at::tensor({1, 0, 0, 0, 0, 0}).view({1, 2, 3}).to(at::kBool);
    EXPECT_TRUE(blocked_by_masks(logits).equal(want));
  });
  EXPECT_ERROR(shape_mismatch, "blocked_by_masks: logits", blocked_by_masks(logits[0]));
}

}  // namespace masked_attention_test
}  // namespace fcclip::ops
