#include "fcclip/clip/convnext.h"

#include "fcclip/core/error.h"
#include "tests/clip/tower_support.h"
#include "tests/ops/every_implementation.h"
#include "tests/support/errors.h"

namespace fcclip::clip {
namespace {

using test::KeptTrace;

class ConvNextGolden : public ::testing::TestWithParam<const char*> {};

TEST_P(ConvNextGolden, EveryTracedTensorEqualsTheReference) {
  FCCLIP_NEEDS_GOLDENS();
  const auto tower =
      test::load_tower(test::tiny_convnext_config(), test::formula_weights("tiny-convnext"));
  test::expect_backbone_equal(*tower, std::string("tiny-convnext/") + GetParam());
}

TEST_P(ConvNextGolden, ForwardWithoutTraceEqualsTheReference) {
  FCCLIP_NEEDS_GOLDENS();
  const auto tower =
      test::load_tower(test::tiny_convnext_config(), test::formula_weights("tiny-convnext"));
  const std::string file = std::string("tiny-convnext/") + GetParam();
  const at::Tensor image = test::golden(file, "image.padded").permute({0, 2, 3, 1});
  const ClipFeatures features = tower->forward(image);
  const std::pair<const char*, at::Tensor> maps[] = {{"backbone.res2", features.res2},
                                                     {"backbone.res3", features.res3},
                                                     {"backbone.res4", features.res4},
                                                     {"backbone.res5", features.res5}};
  for (const auto& [name, map] : maps) {
    EXPECT_TRUE(
        test::near(reference_layout(map), test::golden(file, name), test::kFeatureTolerance))
        << name;
  }
}

TEST_P(ConvNextGolden, MaskEmbeddingsEqualTheReference) {
  FCCLIP_NEEDS_GOLDENS();
  const auto tower =
      test::load_tower(test::tiny_convnext_config(), test::formula_weights("tiny-convnext"));
  const std::string file = std::string("tiny-convnext/") + GetParam();
  const at::Tensor dense = test::golden(file, "backbone.res5").permute({0, 2, 3, 1}).contiguous();
  KeptTrace kept;
  const at::Tensor embedding =
      tower->embed_masks(dense, test::golden(file, "classify.mask_for_pooling"), kept.sink());
  EXPECT_TRUE(test::near(kept.at("classify.pooled_clip_feature"),
                         test::golden(file, "classify.pooled_clip_feature"),
                         test::kFeatureTolerance));
  EXPECT_TRUE(test::near(embedding, test::golden(file, "classify.clip_embedding"),
                         test::kFeatureTolerance));
}

INSTANTIATE_TEST_SUITE_P(Images, ConvNextGolden,
                         ::testing::Values("astronaut.safetensors", "chelsea.safetensors"));

TEST(ConvNext, VisualHeadStepsEqualTheReference) {
  FCCLIP_NEEDS_GOLDENS();
  const auto tower =
      test::load_tower(test::tiny_convnext_config(), test::formula_weights("tiny-convnext"));
  const std::string file = "tiny-convnext/astronaut.safetensors";
  KeptTrace kept;
  tower->embed_masks(test::golden(file, "backbone.res5").permute({0, 2, 3, 1}).contiguous(),
                     test::golden(file, "classify.mask_for_pooling"), kept.sink());
  for (const char* name : {"classify.visual_head.trunk_head", "classify.visual_head.fc1"}) {
    EXPECT_TRUE(test::near(kept.at(name), test::golden(file, name), test::kFeatureTolerance))
        << name;
  }
}

// The packed path and the differentiable one are the same function, at sizes whose maps end in the
// middle of the kernels' tiles.
TEST(ConvNext, PackedPathEqualsPlainPath) {
  ClipConfig config = test::tiny_convnext_config();
  config.convnext.dims = {20, 40, 72, 136};  // no multiple of any vector width
  for (const int64_t batch : {1, 2}) {
    const auto tower = test::random_tower(config);
    const at::Tensor image = test::formula_tensor("image", "fast", {batch, 96, 160, 3}, -2, 2);
    const ClipFeatures plain = tower->forward_plain(image);
    ops::with_every_implementation([&] {
      tower->prepare();
      const ClipFeatures packed = tower->forward(image);
      EXPECT_TRUE(test::near(packed.res2, plain.res2, 1e-5));
      EXPECT_TRUE(test::near(packed.res3, plain.res3, 1e-5));
      EXPECT_TRUE(test::near(packed.res4, plain.res4, 1e-5));
      EXPECT_TRUE(test::near(packed.dense, plain.dense, 1e-5));
    });
  }
}

TEST(ConvNext, PlainPathIsDifferentiable) {
  const auto tower = test::random_tower(test::tiny_convnext_config());
  at::Tensor image = test::formula_tensor("image", "grad", {1, 32, 32, 3}, -1, 1);
  image.requires_grad_(true);
  tower->forward_plain(image).dense.sum().backward();
  EXPECT_GT(image.grad().abs().max().item<double>(), 0);
  EXPECT_FALSE(tower->forward(image).dense.requires_grad());
}

TEST(ConvNext, BranchesAreLeftOutAPictureAtATime) {
  ConvNextBlock block(8, 1e-6);
  nn::WeightTable table;
  block.declare(table, "b");
  at::manual_seed(2);
  for (const nn::Weight& row : table.rows()) *row.member = at::randn(row.shape);
  const at::Tensor x = at::randn({2, 5, 6, 8});
  const at::Tensor whole = block.plain(x);
  const at::Tensor some = block.plain(x, {}, {}, at::tensor({0.0f, 2.0f}).view({2, 1, 1, 1}));
  EXPECT_TRUE(some[0].equal(x[0]));
  EXPECT_TRUE(test::near(some[1], x[1] + 2 * (whole[1] - x[1]), 1e-6));
}

TEST(ConvNext, WhatIsLeftOutIsAFunctionOfTheSeed) {
  const auto tower = test::random_tower(test::tiny_convnext_config());
  const at::Tensor image = test::formula_tensor("image", "drop", {3, 32, 32, 3}, -1, 1);
  const auto with = [&](const DropPath& drop) {
    return tower->forward_plain(image, {}, {drop}).dense;
  };
  const at::Tensor all = with({});
  EXPECT_TRUE(with({0, 7, 1}).equal(all));
  EXPECT_TRUE(with({0.5, 7, 1}).equal(with({0.5, 7, 1})));
  // Over many draws: other results, and the mean of a branch's factor is one.
  int64_t other = 0;
  for (uint64_t index = 0; index < 16; ++index) other += !with({0.5, 7, index}).equal(all);
  EXPECT_GT(other, 8);
  // The first block is never left out.
  EXPECT_TRUE(
      tower->forward_plain(image, {}, {{0.9, 7, 3}}).res2.equal(tower->forward_plain(image).res2));
}

TEST(ConvNext, EmptyMaskGivesTheHeadOfZero) {
  const auto tower = test::random_tower(test::tiny_convnext_config());
  const at::Tensor dense = test::formula_tensor("dense", "empty", {1, 2, 3, 128}, -1, 1);
  const at::Tensor masks = at::full({1, 2, 2, 3}, -1.0);
  masks[0][1].fill_(0.0);  // a logit of exactly 0 is background
  const at::Tensor embedding = tower->embed_masks(dense, masks);
  const at::Tensor zero = tower->visual_head()(at::zeros({128})).expand({1, 2, 64});
  EXPECT_TRUE(test::near(embedding, zero, 1e-6));
}

TEST(ConvNext, TheVisualHeadIsItsNormAndItsProjection) {
  const auto tower = test::random_tower(test::tiny_convnext_config());
  const VisualHead& head = tower->visual_head();
  const at::Tensor pooled = test::formula_tensor("pooled", "halves", {5, 128}, -1, 1);
  EXPECT_TRUE(head(pooled).equal(head.project(head.norm(pooled))));
}

TEST(ConvNext, ImageOfAnotherShapeIsAClearError) {
  const auto tower = test::random_tower(test::tiny_convnext_config());
  EXPECT_ERROR(shape_mismatch, "image: height and width must be multiples of 32",
               tower->forward(at::zeros({1, 40, 32, 3})));
  EXPECT_ERROR(shape_mismatch, "image: expected shape [*, *, *, 3]",
               tower->forward(at::zeros({1, 3, 32, 32})));
  EXPECT_ERROR(shape_mismatch, "image: expected dtype Float",
               tower->forward(at::zeros({1, 32, 32, 3}, at::kDouble)));
}

TEST(ImageTower, ImpossibleSizesAreRefused) {
  ClipConfig config;
  config.convnext.dims = {192, 384, 768};
  EXPECT_ERROR(invalid_argument, "clip.convnext.dims must be four", make_image_tower(config));
  config = test::tiny_resnet_config();
  config.resnet.heads = 7;
  EXPECT_ERROR(invalid_argument, "clip.resnet.heads must divide the channels of the last stage",
               make_image_tower(config));
}

}  // namespace
}  // namespace fcclip::clip
