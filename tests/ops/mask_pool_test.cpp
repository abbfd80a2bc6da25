#include "fcclip/ops/mask_pool.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "fcclip/core/error.h"
#include "tests/ops/every_implementation.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"
#include "tests/support/gradient.h"

namespace fcclip::ops {
namespace mask_pool_test {

using test::near;

at::Tensor random(at::IntArrayRef shape, uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed), at::kFloat);
}

// The definition, one pixel after another, in double precision.
at::Tensor naive_mask_pool(const at::Tensor& features, const at::Tensor& mask_logits) {
  const at::Tensor x = features.to(at::kDouble).contiguous(), m = mask_logits.contiguous();
  at::Tensor out = at::zeros({x.size(0), m.size(1), x.size(3)}, at::kDouble);
  for (int64_t b = 0; b < m.size(0); ++b) {
    for (int64_t q = 0; q < m.size(1); ++q) {
      int64_t count = 0;
      for (int64_t i = 0; i < m.size(2) * m.size(3); ++i) {
        if (m[b][q].flatten()[i].item<float>() <= 0) continue;
        out[b][q] += x[b].flatten(0, 1)[i];
        ++count;
      }
      out[b][q] /= static_cast<double>(count) + 1e-8;
    }
  }
  return out.to(at::kFloat);
}

void expect_golden(const std::string& name) {
  const std::string file = "ops/mask_pooling.safetensors";
  at::Tensor logits = test::golden(file, name + ".mask_logits");
  const at::Tensor x = test::golden(file, name + ".x");
  if (name == "resize") logits = test::golden(file, "resize.mask_resized");
  with_every_implementation([&] {
    EXPECT_TRUE(near(mask_pool(x.permute({0, 2, 3, 1}).contiguous(), logits),
                     test::golden(file, name + ".out"), 1e-6));
  });
}

TEST(MaskPool, EqualsTheReference) {
  FCCLIP_NEEDS_GOLDENS();
  expect_golden("same");
  expect_golden("resize");
}

TEST(MaskPool, HalfPrecisionHoldsTheFeaturesOfALargeMask) {
  const at::Tensor logits = at::ones({1, 1, 64, 64});  // 4,096 × 300 is beyond float16's 65,504
  for (const at::ScalarType dtype : {at::kHalf, at::kBFloat16}) {
    const at::Tensor pooled =
        mask_pool(at::full({1, 64, 64, 2}, 300, at::kFloat).to(dtype), logits);
    EXPECT_EQ(pooled.scalar_type(), dtype);
    EXPECT_TRUE(near(pooled.to(at::kFloat), at::full({1, 1, 2}, 300, at::kFloat), 0.01));
  }
}

TEST(MaskPool, EqualsTheDefinitionWithAndWithoutGradients) {
  const at::Tensor x = random({2, 5, 7, 6}, 1), logits = random({2, 4, 5, 7}, 2);
  const at::Tensor want = naive_mask_pool(x, logits);
  with_every_implementation([&] { EXPECT_TRUE(near(mask_pool(x, logits), want, 1e-6)); });
  EXPECT_TRUE(near(mask_pool(x.clone().requires_grad_(true), logits).detach(), want, 1e-6));
}

TEST(MaskPool, SumsOverManyBlocksEvenWhenMostMasksMissThem) {
  const at::Tensor x = random({1, 70, 90, 8}, 3);
  at::Tensor logits = at::full({1, 5, 70, 90}, -1.0f);
  logits[0][1].narrow(0, 40, 20).fill_(1);
  logits[0][3].fill_(2);
  logits[0][4][69][89] = 1;
  with_every_implementation([&] {
    const at::Tensor out = mask_pool(x, logits);
    EXPECT_TRUE(near(out[0][1], x[0].narrow(0, 40, 20).mean(at::IntArrayRef{0, 1}), 1e-5));
    EXPECT_TRUE(near(out[0][3], x[0].mean(at::IntArrayRef{0, 1}), 1e-4));
    EXPECT_TRUE(near(out[0][4], x[0][69][89], 1e-6));
  });
}

TEST(MaskPool, EmptyMaskGivesZeros) {
  const at::Tensor out = mask_pool(random({1, 3, 3, 4}, 4), at::full({1, 2, 3, 3}, -1.0f));
  EXPECT_TRUE(out.equal(at::zeros({1, 2, 4})));
}

TEST(MaskPool, LogitOfExactlyZeroIsBackground) {
  EXPECT_TRUE(
      mask_pool(at::ones({1, 3, 3, 4}), at::zeros({1, 1, 3, 3})).equal(at::zeros({1, 1, 4})));
}

TEST(MaskPool, GradientToFeaturesIsTheFiniteDifference) {
  const at::Tensor logits = random({1, 3, 4, 5}, 5);
  const at::Tensor weight = random({1, 3, 2}, 6).to(at::kDouble);
  const at::Tensor x = random({1, 4, 5, 2}, 7).to(at::kDouble);
  const auto loss = [&] { return (mask_pool(x, logits) * weight).sum(); };
  test::expect_gradient(loss, {x}, {1e-3, 1e-8, 0});
}

TEST(MaskPool, NoGradientReachesTheMasks) {
  const at::Tensor logits = random({1, 3, 4, 5}, 8).requires_grad_(true);
  const at::Tensor x = random({1, 4, 5, 2}, 9).requires_grad_(true);
  mask_pool(x, logits).sum().backward();
  EXPECT_FALSE(logits.grad().defined());
  EXPECT_TRUE(x.grad().defined());
}

TEST(MaskPool, MasksOfAnotherSizeAreAnError) {
  EXPECT_ERROR(shape_mismatch, "mask_pool: mask logits: expected shape [1, *, 4, 5]",
               mask_pool(at::zeros({1, 4, 5, 2}), at::zeros({1, 3, 5, 4})));
}

TEST(PredictAndPoolMasks, EqualsTheTwoSteps) {
  const at::Tensor x = random({2, 60, 70, 16}, 10), embeddings = random({2, 9, 16}, 11);
  const at::Tensor logits =
      at::bmm(embeddings, x.flatten(1, 2).transpose(1, 2)).view({2, 9, 60, 70});
  with_every_implementation([&] {
    const PooledMasks got = predict_and_pool_masks(embeddings, x);
    EXPECT_TRUE(near(got.mask_logits, logits, 1e-6));
    EXPECT_TRUE(near(got.pooled, mask_pool(x, got.mask_logits), 1e-6));
  });
}

}  // namespace mask_pool_test
}  // namespace fcclip::ops
