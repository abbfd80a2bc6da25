#include "fcclip/clip/resnet.h"

#include "fcclip/core/error.h"
#include "tests/clip/tower_support.h"

namespace fcclip::clip {
namespace {

class ResNetGolden : public ::testing::TestWithParam<const char*> {};

TEST_P(ResNetGolden, EveryTracedTensorEqualsTheReference) {
  FCCLIP_NEEDS_GOLDENS();
  const auto tower =
      test::load_tower(test::tiny_resnet_config(), test::formula_weights("tiny-resnet"));
  test::expect_backbone_equal(*tower, std::string("tiny-resnet/") + GetParam());
}

TEST_P(ResNetGolden, MaskEmbeddingsEqualTheReference) {
  FCCLIP_NEEDS_GOLDENS();
  const auto tower =
      test::load_tower(test::tiny_resnet_config(), test::formula_weights("tiny-resnet"));
  const std::string file = std::string("tiny-resnet/") + GetParam();
  const at::Tensor dense = test::golden(file, "backbone.res5").permute({0, 2, 3, 1}).contiguous();
  const at::Tensor embedding =
      tower->embed_masks(dense, test::golden(file, "classify.mask_for_pooling"));
  EXPECT_TRUE(test::near(embedding, test::golden(file, "classify.clip_embedding"),
                         test::kFeatureTolerance));
}

INSTANTIATE_TEST_SUITE_P(Images, ResNetGolden,
                         ::testing::Values("astronaut.safetensors", "chelsea.safetensors"));

TEST(ResNet, FoldedBatchNormEqualsBatchNorm) {
  const auto folded = test::random_tower(test::tiny_resnet_config());
  ResNet plain(test::tiny_resnet_config());
  nn::WeightTable table, weights;
  folded->declare(weights, "v");
  plain.declare(table, "v");
  nn::load_weights(
      table, [&](const std::string& name) { return *weights.find(name)->member; }, at::kCPU);
  const at::Tensor image = test::formula_tensor("image", "fold", {2, 64, 96, 3}, -2, 2);
  EXPECT_TRUE(test::near(folded->forward(image).dense, plain.forward(image).dense, 1e-5));
}

class AttentionPoolGolden : public ::testing::TestWithParam<const char*> {};

TEST_P(AttentionPoolGolden, EqualsTheReferenceAlsoWithAnEmptyMask) {
  FCCLIP_NEEDS_GOLDENS();
  const std::string file = "ops/resnet_attnpool.safetensors", size = GetParam();
  AttentionPool pool(32, 4, 12, 7);
  nn::WeightTable table;
  pool.declare(table, "attnpool");
  nn::load_weights(
      table, [&](const std::string& name) { return test::golden(file, name); }, at::kCPU);
  const at::Tensor dense = test::golden(file, size + ".x").permute({0, 2, 3, 1}).contiguous();
  for (const std::string suffix : {"", "_with_empty"}) {
    const at::Tensor out = pool(dense, test::golden(file, size + ".mask_logits" + suffix));
    EXPECT_TRUE(
        test::near(out, test::golden(file, size + ".out" + suffix), test::kFeatureTolerance))
        << suffix;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, AttentionPoolGolden, ::testing::Values("small", "native", "large"));

TEST(ResNet, HasNeitherAPlainPathNorAHeadApartFromItsPooling) {
  const auto tower = test::random_tower(test::tiny_resnet_config());
  const auto refuses = [](auto ask) {
    try {
      ask();
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unsupported);
    }
  };
  refuses([&] { tower->forward_plain(at::zeros({1, 32, 32, 3})); });
  refuses([&] { tower->visual_head(); });
}

TEST(AttentionPool, EmptyMaskGivesTheOutputBias) {
  const auto tower = test::random_tower(test::tiny_resnet_config());
  nn::WeightTable table;
  tower->declare(table, "v");
  const at::Tensor bias = *table.find("v.attnpool.c_proj.bias")->member;
  const at::Tensor dense = test::formula_tensor("dense", "empty", {1, 3, 2, 512}, -1, 1);
  const at::Tensor embedding = tower->embed_masks(dense, at::full({1, 1, 3, 2}, -1.0));
  EXPECT_TRUE(test::near(embedding.flatten(), bias, 1e-6));
}

}  // namespace
}  // namespace fcclip::clip
