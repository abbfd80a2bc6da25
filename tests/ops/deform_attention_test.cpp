#include "fcclip/ops/deform_attention.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/ops/cpu/deform_tokens.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"
#include "tests/support/gradient.h"

namespace fcclip::ops {
namespace deform_attention_test {

using test::golden;
using test::near;

constexpr char kFile[] = "ops/msdeform_attn_core.safetensors";

std::vector<Size> recorded_levels(const std::string& name) {
  const at::Tensor shapes = golden(kFile, name + ".spatial_shapes");
  std::vector<Size> levels;
  for (int64_t i = 0; i < shapes.size(0); ++i) {
    levels.push_back({shapes[i][0].item<int64_t>(), shapes[i][1].item<int64_t>()});
  }
  return levels;
}

struct Case {
  std::vector<Size> levels;
  at::Tensor value, locations, weights;
};

Case random_case(at::ScalarType type) {
  at::manual_seed(1);
  const at::TensorOptions options(type);
  Case c = {{{5, 7}, {3, 2}}, {}, {}, {}};
  c.value = at::randn({2, 41, 3, 6}, options);
  c.locations = at::rand({2, 9, 3, 2, 4, 2}, options) * 1.4 - 0.2;
  c.weights = at::rand({2, 9, 3, 2, 4}, options);
  return c;
}

class DeformAttentionGolden : public ::testing::TestWithParam<const char*> {};

TEST_P(DeformAttentionGolden, GivesTheReferencesOutput) {
  FCCLIP_NEEDS_GOLDENS();
  const std::string name = GetParam();
  const auto input = [&](const char* part) { return golden(kFile, name + part); };
  for (const auto& run : {deform_attention, deform_attention_plain}) {
    const at::Tensor out = run(input(".value"), recorded_levels(name), input(".sampling_locations"),
                               input(".attention_weights"));
    EXPECT_TRUE(near(out, input(".output"), 2e-6));
  }
}

TEST_P(DeformAttentionGolden, GivesTheReferencesGradients) {
  FCCLIP_NEEDS_GOLDENS();
  const std::string name = GetParam();
  const auto leaf = [&](const char* part) {
    return golden(kFile, name + part).clone().set_requires_grad(true);
  };
  for (const auto& run : {deform_attention, deform_attention_plain}) {
    const at::Tensor value = leaf(".value"), locations = leaf(".sampling_locations"),
                     weights = leaf(".attention_weights");
    const at::Tensor out = run(value, recorded_levels(name), locations, weights);
    (out * golden(kFile, name + ".grad_output")).sum().backward();
    EXPECT_TRUE(near(value.grad(), golden(kFile, name + ".grad_value"), 2e-6));
    EXPECT_TRUE(near(locations.grad(), golden(kFile, name + ".grad_sampling_locations"), 1e-5));
    EXPECT_TRUE(near(weights.grad(), golden(kFile, name + ".grad_attention_weights"), 2e-6));
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, DeformAttentionGolden, ::testing::Values("a", "b", "c", "d"));

TEST(DeformAttention, EqualsTheGridSampleFormulationInDouble) {
  const Case c = random_case(at::kDouble);
  EXPECT_TRUE(near(deform_attention(c.value, c.levels, c.locations, c.weights),
                   deform_attention_plain(c.value, c.levels, c.locations, c.weights), 1e-13));
}

TEST(DeformAttention, GradientsEqualFiniteDifferences) {
  Case c = random_case(at::kDouble);
  const at::Tensor direction = at::randn({2, 9, 18}, at::kDouble);
  const auto loss = [&] {
    return (deform_attention(c.value, c.levels, c.locations, c.weights) * direction).sum();
  };
  for (at::Tensor* input : {&c.value, &c.locations, &c.weights}) {
    input->set_requires_grad(true);
    loss().backward();
    const at::Tensor grad = input->grad();
    input->set_requires_grad(false);
    // Along a random direction; a step so small that few samples cross a pixel's edge.
    const at::Tensor along = at::randn(input->sizes(), at::kDouble);
    const double expected = (grad * along).sum().item<double>();
    const double got =
        test::central_difference([&] { return loss().item<double>(); }, {*input}, {along}, 1e-7);
    EXPECT_NEAR(got, expected, 1e-5 * (std::abs(expected) + 1));
    EXPECT_GT(std::abs(expected), 0);
  }
}

TEST(DeformAttention, SamplesFarOutsideOrNotANumberAreZero) {
  Case c = random_case(at::kFloat);
  c.locations.fill_(1e30);
  c.locations.select(-1, 0).fill_(std::numeric_limits<float>::quiet_NaN());
  const at::Tensor out = deform_attention(c.value, c.levels, c.locations, c.weights);
  EXPECT_TRUE(out.equal(at::zeros_like(out)));
}

TEST(DeformAttention, ShapesThatDoNotFitAreErrors) {
  const Case c = random_case(at::kFloat);
  EXPECT_ERROR(shape_mismatch, "deformable attention: value: expected shape [*, 35, *, *]",
               deform_attention(c.value, {{5, 7}}, c.locations, c.weights));
  EXPECT_ERROR(shape_mismatch, "deformable attention: locations: expected shape [2, 3, 3, 2, 4,",
               deform_attention(c.value, c.levels, c.locations, c.weights.narrow(1, 0, 3)));
}

TEST(DeformLocations, AreCentresAndOffsetsInPositionsOfEachLevel) {
  at::manual_seed(3);
  for (const std::vector<Size>& levels : {std::vector<Size>{{2, 3}, {4, 6}}, {{4, 6}, {2, 3}}}) {
    const at::Tensor offsets = at::randn({1, 30, 2, 2, 4, 2}).requires_grad_();
    const at::Tensor extents =
        at::tensor({levels[0].width, levels[0].height, levels[1].width, levels[1].height})
            .to(at::kFloat)
            .view({2, 1, 2});
    const at::Tensor want = deform_reference_points(levels, at::kCPU).view({30, 1, 1, 1, 2}) +
                            offsets.detach() / extents;
    for (int round = 0; round < 2; ++round) {
      const c10::InferenceMode guard(round == 0);  // what is kept then serves a training
      const at::Tensor got = deform_locations(round == 0 ? offsets.detach() : offsets, levels);
      EXPECT_TRUE(got.equal(want));
      if (round == 1) got.sum().backward();
    }
    EXPECT_TRUE(offsets.grad().equal((1 / extents).expand_as(offsets)));
  }
}

TEST(DeformAttention, SixteenBitsAreComputedInFloat32) {
  const Case c = random_case(at::kFloat);
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    const at::Tensor value = c.value.detach().to(type).requires_grad_();
    const at::Tensor got = deform_attention(value, c.levels, c.locations, c.weights);
    const at::Tensor want =
        deform_attention(value.detach().to(at::kFloat), c.levels, c.locations, c.weights);
    EXPECT_TRUE(got.equal(want.to(type)));
    got.sum().backward();
    EXPECT_EQ(value.grad().scalar_type(), type);
    EXPECT_ERROR(shape_mismatch, "deformable attention: weights",
                 deform_attention(value, c.levels, c.locations, c.weights.to(type)));
  }
}

// The fused kernel against softmax, locations and deform_attention_plain.
struct TokensParam {
  int64_t heads, head_dim, points;
};

class DeformTokens : public ::testing::TestWithParam<TokensParam> {};

TEST_P(DeformTokens, EqualTheUnfusedComputationOnEveryInstructionSet) {
  const auto [heads, head_dim, points] = GetParam();
  at::manual_seed(2);
  const std::vector<Size> levels = {{3, 4}, {5, 8}, {10, 15}};
  const int64_t positions = 12 + 40 + 150, samples = 3 * points;
  const at::Tensor value = at::randn({positions, heads * head_dim});
  const at::Tensor offsets = at::randn({positions, heads, 3, points, 2}) * 3;
  const at::Tensor logits = at::randn({positions, heads, 3, points}) * 4;
  std::vector<at::Tensor> references;
  at::Tensor sizes = at::empty({3, 1, 2});
  for (int64_t l = 0; l < 3; ++l) {
    const auto [h, w] = levels[static_cast<size_t>(l)];
    const at::Tensor y = ((at::arange(h) + 0.5) / h).view({h, 1}).expand({h, w});
    const at::Tensor x = ((at::arange(w) + 0.5) / w).expand({h, w});
    references.push_back(at::stack({x, y}, -1).view({h * w, 1, 1, 1, 2}));
    sizes[l][0][0] = w;
    sizes[l][0][1] = h;
  }
  const at::Tensor locations = at::cat(references) + offsets / sizes;
  const at::Tensor weights = at::softmax(logits.flatten(2), -1).view_as(logits);
  const at::Tensor want =
      deform_attention_plain(value.view({1, positions, heads, head_dim}), levels,
                             locations.unsqueeze(0), weights.unsqueeze(0))[0];
  const at::Tensor raw = at::cat({offsets.flatten(1), logits.flatten(1)}, 1)
                             .index_select(1, cpu::deform_row_order(heads, 3, points));
  ASSERT_EQ(raw.size(1), 3 * samples * heads);
  for (const Isa isa : available_isas()) {
    const at::Tensor got = at::full_like(value, -1);
    for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 50}, {50, positions}}) {
      cpu::deform_attention_tokens({levels, heads, points, isa}, value,
                                   raw.narrow(0, begin, end - begin), begin,
                                   got.narrow(0, begin, end - begin));
    }
    EXPECT_TRUE(near(got, want, 1e-5)) << name(isa);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, DeformTokens,
                         ::testing::Values(TokensParam{8, 32, 4}, TokensParam{4, 16, 4},
                                           TokensParam{2, 8, 3}, TokensParam{3, 5, 2},
                                           TokensParam{9, 70, 1}, TokensParam{1, 4, 4}));

TEST(DeformTokens, OffsetsFarOutsideOrNotANumberReadNothing) {
  const std::vector<Size> levels = {{2, 3}};
  at::Tensor raw = at::full({6, 3}, 1e30);
  raw.select(1, 2).zero_();
  raw[0][0] = std::numeric_limits<float>::quiet_NaN();
  raw[1][1] = -std::numeric_limits<float>::infinity();
  for (const Isa isa : available_isas()) {
    const at::Tensor out = at::full({6, 4}, 7.0f);
    cpu::deform_attention_tokens({levels, 1, 1, isa}, at::ones({6, 4}), raw, 0, out);
    EXPECT_TRUE(out.equal(at::zeros_like(out))) << name(isa);
  }
}

TEST(DeformTokens, MorePointsThanTheKernelHoldsAreRefused) {
  const std::vector<Size> levels = {{2, 3}};
  EXPECT_FALSE(cpu::deform_tokens_supported(levels, 65));
  EXPECT_ERROR(shape_mismatch, "deformable attention: 1 levels of 65 points are more than its",
               cpu::deform_attention_tokens({levels, 1, 65}, at::ones({6, 4}), at::ones({6, 195}),
                                            0, at::ones({6, 4})));
}

}  // namespace deform_attention_test
}  // namespace fcclip::ops
