#include "fcclip/nn/layers.h"

#include <cmath>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/ops/activation.h"
#include "tests/support/goldens.h"

namespace fcclip::nn {
namespace {

using test::near;

at::Tensor random(at::IntArrayRef shape, uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed), at::kFloat);
}

template <typename Layer>
void fill(Layer& layer) {
  WeightTable table;
  layer.declare(table, "layer");
  for (const Weight& row : table.rows()) {
    *row.member = test::formula_tensor("test:", row.name, row.shape, -1, 1);
  }
}

// y[n][o] = sum_i x[n][i] w[o][i] + b[o], in double precision.
at::Tensor naive_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const at::Tensor a = x.to(at::kDouble), w = weight.to(at::kDouble), b = bias.to(at::kDouble);
  at::Tensor y = at::zeros({a.size(0), w.size(0)}, at::kDouble);
  for (int64_t n = 0; n < a.size(0); ++n) {
    for (int64_t o = 0; o < w.size(0); ++o) y[n][o] = (a[n] * w[o]).sum() + b[o];
  }
  return y;
}

TEST(Activate, IsTheFormulaOfEachKind) {
  const at::Tensor x = random({50}, 1);
  const float* in = x.const_data_ptr<float>();
  at::Tensor gelu = at::empty({50}), quick = at::empty({50}), relu = at::empty({50});
  for (int64_t i = 0; i < 50; ++i) {
    const double v = in[i];
    gelu[i] = v * 0.5 * (1 + std::erf(v / std::sqrt(2.0)));
    quick[i] = v / (1 + std::exp(-1.702 * v));
    relu[i] = std::max(v, 0.0);
  }
  EXPECT_TRUE(near(ops::activate(ops::Activation::gelu, x), gelu, 1e-6));
  EXPECT_TRUE(near(ops::activate(ops::Activation::quick_gelu, x), quick, 1e-6));
  EXPECT_TRUE(near(ops::activate(ops::Activation::relu, x), relu, 0));
}

TEST(Linear, IsTheProductPlusTheBias) {
  Linear linear{6, 4};
  fill(linear);
  const at::Tensor x = random({5, 6}, 2);
  EXPECT_TRUE(near(linear(x), naive_linear(x, linear.weight, linear.bias).to(at::kFloat), 1e-6));
}

TEST(Linear, WithoutBiasDeclaresNone) {
  Linear linear{6, 4, false};
  WeightTable table;
  linear.declare(table, "fc");
  ASSERT_EQ(table.rows().size(), 1u);
  EXPECT_EQ(table.rows()[0].name, "fc.weight");
}

TEST(PointwiseConv, IsALinearLayerOnEveryPlace) {
  PointwiseConv conv{6, 4};
  fill(conv);
  const at::Tensor x = random({2, 3, 5, 6}, 3);
  const at::Tensor want =
      naive_linear(x.reshape({30, 6}), conv.weight.view({4, 6}), conv.bias).view({2, 3, 5, 4});
  EXPECT_TRUE(near(conv(x), want.to(at::kFloat), 1e-6));
}

TEST(Conv, SumsItsWindowAndSeesZerosOutside) {
  Conv conv{2, 3, 3, 2, 1};
  fill(conv);
  const at::Tensor x = random({1, 5, 4, 2}, 4);
  at::Tensor want = at::zeros({1, 3, 2, 3});
  for (int64_t y = 0; y < 3; ++y) {
    for (int64_t z = 0; z < 2; ++z) {
      at::Tensor sum = conv.bias.clone();
      for (int64_t ky = 0; ky < 3; ++ky) {
        for (int64_t kx = 0; kx < 3; ++kx) {
          const int64_t iy = 2 * y + ky - 1, ix = 2 * z + kx - 1;
          if (iy < 0 || iy >= 5 || ix < 0 || ix >= 4) continue;
          sum += at::mv(conv.weight.select(3, kx).select(2, ky), x[0][iy][ix]);
        }
      }
      want[0][y][z] = sum;
    }
  }
  EXPECT_TRUE(near(conv(x), want, 1e-5));
}

TEST(LayerNorm, CentresAndScalesEachRow) {
  LayerNorm norm{8, 0.1};
  fill(norm);
  const at::Tensor x = random({5, 8}, 5);
  const at::Tensor centred = x - x.mean(1, true);
  const at::Tensor want =
      centred / (centred.square().mean(1, true) + 0.1).sqrt() * norm.weight + norm.bias;
  EXPECT_TRUE(near(norm(x), want, 1e-5));
}

TEST(GroupNorm, TakesStatisticsOverPlacesAndTheGroupsChannels) {
  GroupNorm norm{6, 2};
  fill(norm);
  const at::Tensor x = random({2, 3, 4, 6}, 6);
  at::Tensor want = at::empty_like(x);
  for (int64_t b = 0; b < 2; ++b) {
    for (int64_t g = 0; g < 2; ++g) {
      const at::Tensor part = x[b].narrow(2, 3 * g, 3), centred = part - part.mean();
      want[b].narrow(2, 3 * g, 3).copy_(centred / (centred.square().mean() + 1e-5).sqrt());
    }
  }
  EXPECT_TRUE(near(norm(x), want * norm.weight + norm.bias, 1e-5));
}

TEST(Mlp, HasReluBetweenItsLayersOnly) {
  Mlp mlp(6, 5, 4, 3);
  fill(mlp);
  const at::Tensor x = random({7, 6}, 7);
  const auto& l = mlp.layers;
  const at::Tensor want = l[2](at::relu(l[1](at::relu(l[0](x)))));
  EXPECT_TRUE(near(mlp(x), want, 1e-6));
  WeightTable table;
  mlp.declare(table, "mlp");
  EXPECT_NE(table.find("mlp.layers.2.bias"), nullptr);
}

// One head and one query after another, in double precision.
at::Tensor naive_attention(const MultiheadAttention& layer, const at::Tensor& query,
                           const at::Tensor& key, const at::Tensor& value,
                           const at::Tensor& blocked) {
  const int64_t c = layer.width, d = c / layer.heads;
  const auto part = [&](const at::Tensor& x, int64_t i) {
    return naive_linear(x, layer.in_weight.narrow(0, i * c, c), layer.in_bias.narrow(0, i * c, c));
  };
  const at::Tensor q = part(query, 0), k = part(key, 1), v = part(value, 2);
  at::Tensor mixed = at::zeros_like(q);
  for (int64_t h = 0; h < layer.heads; ++h) {
    for (int64_t n = 0; n < q.size(0); ++n) {
      at::Tensor scores = at::mv(k.narrow(1, h * d, d), q[n].narrow(0, h * d, d)) / std::sqrt(d);
      if (blocked.defined()) scores = scores.masked_fill(blocked[n], -INFINITY);
      mixed[n].narrow(0, h * d, d).copy_(at::mv(v.narrow(1, h * d, d).t(), scores.softmax(0)));
    }
  }
  return naive_linear(mixed, layer.out_proj.weight, layer.out_proj.bias).to(at::kFloat);
}

MultiheadAttention attention_layer() {
  MultiheadAttention layer{12, 3};
  fill(layer);
  return layer;
}

TEST(MultiheadAttention, EqualsTheDefinition) {
  const MultiheadAttention layer = attention_layer();
  const at::Tensor q = random({5, 12}, 8), k = random({9, 12}, 9), v = random({9, 12}, 10);
  const at::Tensor got = layer(q.unsqueeze(0), k.unsqueeze(0), v.unsqueeze(0));
  EXPECT_TRUE(near(got[0], naive_attention(layer, q, k, v, {}), 1e-5));
}

TEST(MultiheadAttention, AttendsOnlyWhereNotBlocked) {
  const MultiheadAttention layer = attention_layer();
  const at::Tensor q = random({5, 12}, 11), k = random({9, 12}, 12), v = random({9, 12}, 13);
  at::Tensor blocked = random({5, 9}, 14).gt(0);
  blocked.select(1, 4).fill_(false);
  const at::Tensor got =
      layer(q.unsqueeze(0), k.unsqueeze(0), v.unsqueeze(0), blocked.view({1, 1, 5, 9}));
  EXPECT_TRUE(near(got[0], naive_attention(layer, q, k, v, blocked), 1e-5));
}

TEST(MultiheadAttention, GivesTheSameWithoutGradients) {
  const MultiheadAttention layer = attention_layer();
  const at::Tensor q = random({2, 5, 12}, 17), k = random({2, 9, 12}, 18);
  const at::Tensor with = layer(q, k, k);
  const c10::InferenceMode inference;
  EXPECT_TRUE(near(layer(q, k, k), with, 1e-6));
}

TEST(MultiheadAttention, ProjectsOneTensorForQueryAndKeyAtOnce) {
  const MultiheadAttention layer = attention_layer();
  const at::Tensor x = random({1, 6, 12}, 15), v = random({1, 6, 12}, 16);
  EXPECT_TRUE(near(layer(x, x, v), layer(x, x.clone(), v), 1e-6));
}

TEST(MultiheadAttention, DeclaringTwiceKeepsItsWeights) {
  MultiheadAttention layer = attention_layer();
  WeightTable table;
  layer.declare(table, "again");
  for (const Weight& row : table.rows()) EXPECT_TRUE(row.member->defined()) << row.name;
}

}  // namespace
}  // namespace fcclip::nn
