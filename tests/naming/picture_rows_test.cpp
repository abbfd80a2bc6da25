#include "fcclip/naming/picture_rows.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/head/position_encoding.h"
#include "tests/support/goldens.h"

namespace fcclip::naming {
namespace picture_rows_test {

constexpr int64_t kWidth = 16, kHeads = 4, kRows = 5;

class PictureRowsTest : public ::testing::TestWithParam<bool> {
 protected:
  PictureRowsTest() : rows_({kHeads, GetParam()}, kWidth) {
    rows_.declare(table_, "cdt");
    at::manual_seed(5);
    for (const nn::Weight& row : table_.rows()) *row.member = at::randn(row.shape) * 0.4;
  }
  const at::Tensor& weight(const std::string& name) const { return *table_.find(name)->member; }

  // By the definition, a row and a head at a time.
  at::Tensor naive(const at::Tensor& text, const at::Tensor& embedding) const {
    const at::Tensor flat = embedding.flatten(0, 1);
    const at::Tensor at_place =
        (embedding + head::sine_positions({embedding.size(0), embedding.size(1)}, kWidth, at::kCPU))
            .flatten(0, 1);
    const at::Tensor w = weight("cdt.multihead_attn.in_proj_weight"),
                     b = weight("cdt.multihead_attn.in_proj_bias");
    const auto part = [&](const at::Tensor& x, int64_t i) {
      return x.matmul(w.narrow(0, i * kWidth, kWidth).t()) + b.narrow(0, i * kWidth, kWidth);
    };
    const at::Tensor q = part(text, 0), k = part(at_place, 1), v = part(flat, 2);
    const int64_t d = kWidth / kHeads;
    std::vector<at::Tensor> heads;
    for (int64_t h = 0; h < kHeads; ++h) {
      const at::Tensor scores = q.narrow(1, h * d, d).matmul(k.narrow(1, h * d, d).t()) /
                                std::sqrt(static_cast<double>(d));
      heads.push_back(at::softmax(scores, -1).matmul(v.narrow(1, h * d, d)));
    }
    at::Tensor x = at::cat(heads, 1);
    x = x.matmul(weight("cdt.multihead_attn.out_proj.weight").t()) +
        weight("cdt.multihead_attn.out_proj.bias");
    x = x.matmul(weight("cdt.MLP.weight").t()) + weight("cdt.MLP.bias");
    const auto norm = [&](const at::Tensor& y) {
      return at::layer_norm(y, {kWidth}, weight("cdt.norm.weight"), weight("cdt.norm.bias"), 1e-5);
    };
    return GetParam() ? norm(text + x) : text + norm(x);
  }

  PictureRows rows_;
  nn::WeightTable table_;
};

TEST_P(PictureRowsTest, RowsAttendToThePicture) {
  const at::Tensor text = at::randn({kRows, kWidth}), embedding = at::randn({3, 4, kWidth});
  const at::Tensor want = naive(text, embedding);
  EXPECT_TRUE(test::near(rows_(text, rows_.look(embedding)), want, 1e-5));
  // A row does not depend on the other words of the question.
  const at::Tensor alone = rows_(text.narrow(0, 2, 1), rows_.look(embedding));
  EXPECT_TRUE(test::near(alone[0], want[2], 1e-5));
}

INSTANTIATE_TEST_SUITE_P(Forms, PictureRowsTest, ::testing::Bool());

TEST(ScrambledEmbedding, RowsAreMemoryOfPlanes) {
  clip::ConvNextConfig sizes;
  sizes.head_hidden = 6;
  clip::VisualHead head(sizes, 8, 4);
  nn::WeightTable table;
  head.declare(table, "v");
  for (const nn::Weight& row : table.rows()) *row.member = at::randn(row.shape);
  const at::Tensor dense = at::randn({2, 3, 8});
  const at::Tensor got = scrambled_embedding(dense, head);
  ASSERT_EQ(got.sizes(), (std::vector<int64_t>{2, 3, 4}));
  for (int64_t row = 0; row < 6; ++row) {
    at::Tensor numbers = at::empty({8});
    for (int64_t i = 0; i < 8; ++i) {
      const int64_t place = row * 8 + i;  // in [C, h, w]
      numbers[i] = dense[place % 6 / 3][place % 3][place / 6];
    }
    EXPECT_TRUE(test::near(got[row / 3][row % 3], head(numbers), 1e-6)) << row;
  }
}

}  // namespace picture_rows_test
}  // namespace fcclip::naming
