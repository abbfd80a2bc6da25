#include "fcclip/ops/prefix_attention.h"

#include <cmath>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "tests/ops/every_implementation.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::ops {
namespace prefix_attention_test {

at::Tensor noise(at::IntArrayRef shape, const std::string& key) {
  return test::formula_tensor("prefix_attention", key, shape, -2, 2);
}

// Straight from the definition, in double precision.
at::Tensor naive(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                 const at::Tensor& paths, int64_t heads) {
  const int64_t width = q.size(1) / heads;
  at::Tensor out = at::zeros({q.size(0), q.size(1)}, at::kDouble);
  for (int64_t r = 0; r < q.size(0); ++r) {
    const at::Tensor nodes = paths[r].masked_select(paths[r].ge(0)).to(at::kLong);
    if (nodes.numel() == 0) continue;
    for (int64_t h = 0; h < heads; ++h) {
      const auto part = [&](const at::Tensor& x) {
        return x.narrow(-1, h * width, width).to(at::kDouble);
      };
      const at::Tensor keys = part(k.index_select(0, nodes));
      const at::Tensor scores = keys.mv(part(q[r])) / std::sqrt(static_cast<double>(width));
      out[r]
          .narrow(0, h * width, width)
          .copy_(part(v.index_select(0, nodes)).t().mv(at::softmax(scores, 0)));
    }
  }
  return out;
}

// A chain 0 → 1 → 2 …, a branch at node 1, and a row without nodes.
at::Tensor some_paths() {
  at::Tensor paths = at::full({23, 19}, -1, at::kInt);
  for (int64_t r = 0; r < 19; ++r) paths[r].narrow(0, 0, r + 1).copy_(at::arange(r + 1));
  for (int64_t r = 19; r < 22; ++r) {
    paths[r].narrow(0, 0, 2).copy_(at::arange(2));
    paths[r].narrow(0, 2, r - 18).copy_(at::arange(19, r + 1));
  }
  return paths;
}

class PrefixAttentionSizes : public ::testing::TestWithParam<std::pair<int64_t, int64_t>> {};

TEST_P(PrefixAttentionSizes, EqualsTheDefinition) {
  const auto [heads, head_width] = GetParam();
  const int64_t width = heads * head_width;
  const at::Tensor q = noise({23, width}, "q"), kv = noise({23, 2 * width}, "kv");
  const at::Tensor k = kv.narrow(1, 0, width), v = kv.narrow(1, width, width);
  const at::Tensor paths = some_paths();
  EXPECT_TRUE(test::near(prefix_attention(q, k, v, paths, heads),
                         naive(q, k, v, paths, heads).to(at::kFloat), 2e-6));
}

INSTANTIATE_TEST_SUITE_P(HeadWidths, PrefixAttentionSizes,
                         ::testing::Values(std::pair{1, 64}, std::pair{3, 32}, std::pair{2, 7},
                                           std::pair{5, 1}, std::pair{1, 37}));

TEST(PrefixAttention, EveryImplementationGivesTheSame) {
  const at::Tensor q = noise({23, 128}, "q"), k = noise({23, 128}, "k"), v = noise({23, 128}, "v");
  const at::Tensor paths = some_paths();
  const at::Tensor want = naive(q, k, v, paths, 2).to(at::kFloat);
  with_every_implementation(
      [&] { EXPECT_TRUE(test::near(prefix_attention(q, k, v, paths, 2), want, 2e-6)); });
}

TEST(PrefixAttention, ARowWithoutNodesIsZero) {
  const at::Tensor x = noise({2, 8}, "x");
  const at::Tensor paths = at::full({2, 3}, -1, at::kInt);
  EXPECT_EQ(prefix_attention(x, x, x, paths, 2).abs().max().item<float>(), 0);
}

TEST(PrefixAttention, HugeScoresStayFinite) {
  const at::Tensor x = noise({4, 8}, "x") * 1e4;
  const at::Tensor paths = at::arange(4, at::kInt).expand({4, 4}).contiguous();
  EXPECT_TRUE(at::isfinite(prefix_attention(x, x, x, paths, 1)).all().item<bool>());
}

TEST(PrefixAttention, RejectsANodeThatDoesNotExist) {
  const at::Tensor x = noise({2, 8}, "x");
  EXPECT_ERROR(invalid_argument, "prefix_attention: a path names a node outside [0, 2)",
               prefix_attention(x, x, x, at::full({2, 1}, 2, at::kInt), 1));
  EXPECT_ERROR(invalid_argument, "prefix_attention: a path names a node outside [0, 2)",
               prefix_attention(x, x, x, at::full({2, 1}, -2, at::kInt), 1));
  EXPECT_ERROR(invalid_argument, "prefix_attention: width 8 can't be split into 3 heads",
               prefix_attention(x, x, x, at::full({2, 1}, 0, at::kInt), 3));
  EXPECT_ERROR(shape_mismatch, "prefix_attention: paths: expected shape [2, *]",
               prefix_attention(x, x, x, at::full({3, 1}, 0, at::kInt), 1));
}

}  // namespace prefix_attention_test
}  // namespace fcclip::ops
