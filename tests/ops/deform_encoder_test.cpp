#include "fcclip/ops/deform_encoder.h"

#include <cmath>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/ops/every_implementation.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::ops {
namespace deform_encoder_test {

using test::near;

struct Case {
  int64_t heads, width, points, layers;
  std::vector<Size> levels;
};

DeformLayerWeights random_layer(const DeformEncoderShape& shape, int64_t width) {
  const int64_t samples = shape.heads * shape.levels * shape.points, hidden = 2 * width + 3;
  const auto linear = [](int64_t in, int64_t out, double scale) {
    return LinearWeights{at::randn({out, in}) * scale / std::sqrt(static_cast<double>(in)),
                         at::randn({out}) * scale};
  };
  const auto norm = [&] {
    return LayerNormWeights{at::rand({width}) + 0.5, at::randn({width}), 1e-5};
  };
  return {linear(width, 2 * samples, 2),
          linear(width, samples, 1),
          linear(width, width, 1),
          linear(width, width, 1),
          norm(),
          linear(width, hidden, 1),
          linear(hidden, width, 1),
          norm()};
}

// The definition in double precision, sample by sample.
double sample(const at::Tensor& map, double x, double y) {  // map [h, w], x and y in pixels
  double sum = 0;
  const int64_t left = static_cast<int64_t>(std::floor(x)),
                top = static_cast<int64_t>(std::floor(y));
  for (int64_t corner = 0; corner < 4; ++corner) {
    const int64_t column = left + corner % 2, row = top + corner / 2;
    if (column < 0 || row < 0 || column >= map.size(1) || row >= map.size(0)) continue;
    sum += (1 - std::abs(x - static_cast<double>(column))) *
           (1 - std::abs(y - static_cast<double>(row))) * map.accessor<double, 2>()[row][column];
  }
  return sum;
}

at::Tensor naive_attention(const DeformEncoderShape& s, const at::Tensor& value,
                           const at::Tensor& offsets, const at::Tensor& logits,
                           const std::vector<Size>& levels) {
  const int64_t count = value.size(0), head_dim = value.size(1) / s.heads;
  const at::Tensor weights =
      logits.view({count, s.heads, -1}).softmax(-1).view({count, s.heads, s.levels, s.points});
  const at::Tensor moves = offsets.view({count, s.heads, s.levels, s.points, 2});
  at::Tensor out = at::zeros_like(value);
  int64_t token = 0;
  for (const Size& own : levels) {
    for (int64_t i = 0; i < own.height * own.width; ++i, ++token) {
      int64_t start = 0;
      for (int64_t l = 0; l < s.levels; start += levels[l].height * levels[l].width, ++l) {
        const Size at_level = levels[l];
        const double x = (i % own.width + 0.5) / own.width * at_level.width - 0.5;
        const double y = (i / own.width + 0.5) / own.height * at_level.height - 0.5;
        for (int64_t channel = 0; channel < value.size(1); ++channel) {
          const int64_t head = channel / head_dim;
          const at::Tensor map = value.narrow(0, start, at_level.height * at_level.width)
                                     .select(1, channel)
                                     .view({at_level.height, at_level.width});
          for (int64_t p = 0; p < s.points; ++p) {
            const at::Tensor move = moves[token][head][l][p];
            out[token][channel] +=
                weights[token][head][l][p] *
                sample(map, x + move[0].item<double>(), y + move[1].item<double>());
          }
        }
      }
    }
  }
  return out;
}

at::Tensor naive(const DeformEncoderShape& shape, const std::vector<DeformLayerWeights>& layers,
                 const at::Tensor& tokens, const at::Tensor& positions,
                 const std::vector<Size>& levels) {
  const auto linear = [](const LinearWeights& w, const at::Tensor& x) {
    return at::linear(x, w.weight.to(at::kDouble), w.bias.to(at::kDouble));
  };
  const auto norm = [](const LayerNormWeights& n, const at::Tensor& x) {
    return at::layer_norm(x, {x.size(1)}, n.weight.to(at::kDouble), n.bias.to(at::kDouble), n.eps);
  };
  at::Tensor x = tokens.to(at::kDouble);
  for (const DeformLayerWeights& layer : layers) {
    const at::Tensor query = x + positions;
    const at::Tensor mixed =
        naive_attention(shape, linear(layer.value, x), linear(layer.sampling_offsets, query),
                        linear(layer.attention_weights, query), levels);
    x = norm(layer.norm1, x + linear(layer.output, mixed));
    x = norm(layer.norm2, x + linear(layer.linear2, at::relu(linear(layer.linear1, x))));
  }
  return x;
}

void expect_naive(const Case& c) {
  at::manual_seed(6);
  const DeformEncoderShape shape = {c.heads, static_cast<int64_t>(c.levels.size()), c.points};
  std::vector<DeformLayerWeights> layers;
  for (int64_t i = 0; i < c.layers; ++i) layers.push_back(random_layer(shape, c.width));
  int64_t count = 0;
  for (const Size& size : c.levels) count += size.height * size.width;
  const at::Tensor tokens = at::randn({count, c.width}), positions = at::randn({count, c.width});
  const at::Tensor want = naive(shape, layers, tokens, positions, c.levels);
  with_every_implementation([&] {
    const c10::InferenceMode guard;
    const at::Tensor got = tokens.clone();
    PackedDeformEncoder(shape, layers)(got, positions, c.levels);
    EXPECT_TRUE(near(got, want, 1e-5));
  });
}

TEST(DeformEncoder, EqualsTheDefinitionInDouble) {
  expect_naive({2, 8, 2, 2, {{2, 3}, {3, 4}}});
}

TEST(DeformEncoder, MoreRowsThanABlockAreNoMatter) {
  expect_naive({1, 4, 1, 1, {{9, 10}, {3, 5}}});
}

TEST(DeformEncoder, MorePointsThanTheFusedKernelHoldsWorkToo) {
  expect_naive({1, 2, 33, 1, {{1, 2}, {2, 2}}});
}

TEST(DeformEncoder, NoLayersLeaveTheTokens) {
  const PackedDeformEncoder encoder({2, 1, 1}, {});
  EXPECT_TRUE(encoder.defined());
  const at::Tensor tokens = at::randn({6, 4}), before = tokens.clone();
  encoder(tokens, tokens, std::vector<Size>{{2, 3}});
  EXPECT_TRUE(tokens.equal(before));
}

TEST(DeformEncoder, WrongShapesAreRefused) {
  const DeformEncoderShape shape = {2, 1, 1};
  DeformLayerWeights layer = random_layer(shape, 8);
  const PackedDeformEncoder encoder(shape, {layer});
  const std::vector<Size> levels = {{2, 3}};
  EXPECT_ERROR(shape_mismatch, "deformable encoder: tokens: expected shape [6, *]",
               encoder(at::zeros({5, 8}), at::zeros({5, 8}), levels));
  EXPECT_ERROR(shape_mismatch, "deformable encoder: positions: expected shape [6, 8]",
               encoder(at::zeros({6, 8}), at::zeros({6, 7}), levels));
  EXPECT_ERROR(shape_mismatch, "expected 1 levels and channels for 2 heads, got 2 and 8",
               encoder(at::zeros({6, 8}), at::zeros({6, 8}), std::vector<Size>{{2, 1}, {2, 2}}));
  layer.linear2.bias = at::zeros({7});
  EXPECT_ERROR(shape_mismatch, "deformable encoder: linear2: expected shape [8]",
               PackedDeformEncoder(shape, {layer}));
}

}  // namespace deform_encoder_test
}  // namespace fcclip::ops
