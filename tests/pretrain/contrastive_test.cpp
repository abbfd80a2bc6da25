#include "fcclip/pretrain/contrastive.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/gradient.h"

namespace fcclip::pretrain {
namespace {

at::Tensor unit_rows(int64_t rows, int64_t seed) {
  at::manual_seed(seed);
  const at::Tensor x = at::randn({rows, 5}, at::kDouble);
  return x / x.norm(2, 1, true);
}

at::Tensor ids(std::vector<std::vector<int64_t>> rows) {
  std::vector<at::Tensor> out;
  for (const auto& row : rows) out.push_back(at::tensor(row, at::kLong));
  return at::stack(out);
}

double naive(const at::Tensor& images, const at::Tensor& texts, double scale,
             const at::Tensor& excluded) {
  const int64_t n = images.size(0);
  const auto score = [&](int64_t i, int64_t j) {
    return scale * images[i].dot(texts[j]).item<double>();
  };
  const auto left_out = [&](int64_t i, int64_t j) { return excluded[i][j].item<bool>(); };
  double total = 0;
  for (int64_t i = 0; i < n; ++i) {
    double row = 0, column = 0;
    for (int64_t j = 0; j < n; ++j) {
      if (!left_out(i, j)) row += std::exp(score(i, j));
      if (!left_out(j, i)) column += std::exp(score(j, i));
    }
    total += std::log(row) + std::log(column) - 2 * score(i, i);
  }
  return total / (2.0 * static_cast<double>(n));
}

TEST(Contrastive, EqualsTheDoubleLoopWithPairsLeftOut) {
  const at::Tensor images = unit_rows(6, 1), texts = unit_rows(6, 2);
  at::Tensor excluded = at::zeros({6, 6}, at::kBool);
  excluded[0][3] = excluded[4][1] = excluded[5][2] = true;
  const at::Tensor scale = at::scalar_tensor(7.5, at::kDouble);
  EXPECT_NEAR(contrastive_loss(images, texts, scale, excluded).item<double>(),
              naive(images, texts, 7.5, excluded), 1e-10);
}

TEST(Contrastive, AlikeEmbeddingsGiveTheLogarithmOfTheBatch) {
  const at::Tensor same = unit_rows(1, 1).expand({8, 5}).contiguous();
  const at::Tensor none = at::zeros({8, 8}, at::kBool);
  EXPECT_NEAR(
      contrastive_loss(same, same, at::scalar_tensor(3.0, at::kDouble), none).item<double>(),
      std::log(8.0), 1e-10);
}

TEST(Contrastive, GradientEqualsFiniteDifferences) {
  at::Tensor excluded = at::zeros({4, 4}, at::kBool);
  excluded[2][0] = true;
  const at::Tensor images = unit_rows(4, 3).requires_grad_(),
                   texts = unit_rows(4, 4).requires_grad_();
  const at::Tensor scale = at::scalar_tensor(4.0, at::kDouble).requires_grad_();
  contrastive_loss(images, texts, scale, excluded).backward();
  const auto value = [&] {
    return naive(images.detach(), texts.detach(), scale.item<double>(), excluded);
  };
  for (const at::Tensor& input : {images, texts, scale}) {
    const at::Tensor values = input.detach().view({-1});
    for (int64_t i = 0; i < values.numel(); ++i) {
      const double slope =
          test::central_difference(value, {values[i]}, {at::ones({}, at::kDouble)}, 1e-6);
      EXPECT_NEAR(input.grad().view({-1})[i].item<double>(), slope, 1e-7);
    }
  }
}

TEST(AlsoTrue, IsWhatAPictureShowsAndATextNames) {
  // 0: a cat before a dog; 1: a dog; 2: a rose, which is a flower (9); 3: somebody's flower.
  const at::Tensor present = ids({{1, 2}, {2, -1}, {3, 9}, {9, -1}});
  const at::Tensor named = ids({{1}, {2}, {3}, {9}});
  const at::Tensor excluded = also_true(present, named);
  EXPECT_TRUE(excluded[0][1].item<bool>());   // the first picture shows a dog too
  EXPECT_FALSE(excluded[1][0].item<bool>());  // the second shows no cat
  EXPECT_TRUE(excluded[2][3].item<bool>());   // a rose is a flower
  EXPECT_FALSE(excluded[3][2].item<bool>());  // not every flower is a rose
  EXPECT_EQ(excluded.sum().item<int64_t>(), 2);
}

TEST(NameLoss, LeavesOutTheOtherTrueNames) {
  at::manual_seed(5);
  const at::Tensor logits = at::randn({3, 4}, at::kDouble);
  // The last row's subject is no class (7 of 4).
  const double got = name_loss(logits, ids({{2, 0, -1}, {1, 6, -1}, {7, 1, -1}})).item<double>();
  const auto e = [&](int64_t i, int64_t j) { return std::exp(logits[i][j].item<double>()); };
  const double first = -std::log(e(0, 2) / (e(0, 1) + e(0, 2) + e(0, 3)));
  const double second = -std::log(e(1, 1) / (e(1, 0) + e(1, 1) + e(1, 2) + e(1, 3)));
  EXPECT_NEAR(got, (first + second) / 2, 1e-10);
}

}  // namespace
}  // namespace fcclip::pretrain
