#include "fcclip/head/mask_decoder.h"

#include <map>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::head {
namespace mask_decoder_test {

using test::near;

constexpr const char* kPrefix = "sem_seg_head.predictor";

MaskDecoderConfig tiny_config() {
  return {.in_dim = 64,
          .hidden_dim = 64,
          .mask_dim = 64,
          .embed_dim = 64,
          .layers = 4,
          .heads = 4,
          .ffn_dim = 128,
          .queries = 20};
}

// Weights of any configuration without a file.
void fill(MaskDecoder& decoder, double range) {
  nn::WeightTable table;
  decoder.declare(table, kPrefix);
  for (const nn::Weight& row : table.rows()) {
    const bool scale = row.role == nn::WeightRole::norm && row.name.ends_with("weight");
    const double lo = scale ? 0.5 : -range, hi = scale ? 1.5 : range;
    *row.member = test::formula_tensor("test:", row.name, row.shape, lo, hi);
  }
}

PixelFeatures made_up_features(int64_t batch, int64_t channels, uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  const auto map = [&](int64_t h, int64_t w) {
    return at::randn({batch, h, w, channels}, generator, at::kFloat);
  };
  PixelFeatures features;
  features.mask_features = map(24, 16);
  features.levels = {map(3, 2), map(6, 4), map(12, 8)};
  return features;
}

struct Recorded {
  std::string model, image;
  std::string file() const { return model + "/" + image + ".safetensors"; }
};

void PrintTo(const Recorded& recorded, std::ostream* out) {
  *out << recorded.file();
}

class RecordedDecoder : public ::testing::TestWithParam<Recorded> {
 protected:
  void SetUp() override {
    FCCLIP_NEEDS_GOLDENS();
    decoder = std::make_unique<MaskDecoder>(tiny_config());
    nn::WeightTable table;
    decoder->declare(table, kPrefix);
    nn::load_weights(table, test::formula_weights(GetParam().model), at::kCPU);
    decoder->prepare();
    features.mask_features = map("pixel_decoder.mask_features");
    for (int l = 0; l < 3; ++l) {
      features.levels[l] = map("pixel_decoder.multi_scale." + std::to_string(l));
    }
  }
  at::Tensor want(const std::string& name) const { return test::golden(GetParam().file(), name); }
  at::Tensor map(const std::string& name) const {
    return want(name).permute({0, 2, 3, 1}).contiguous();
  }
  std::map<std::string, at::Tensor> traced() const {
    std::map<std::string, at::Tensor> seen;
    const c10::InferenceMode inference;
    decoder->forward(features, [&](std::string_view name, const at::Tensor& value) {
      seen[std::string(name)] = value.clone();
    });
    return seen;
  }
  std::unique_ptr<MaskDecoder> decoder;
  PixelFeatures features;
};

TEST_P(RecordedDecoder, TracesEveryRecordedTensor) {
  const std::map<std::string, at::Tensor> seen = traced();
  std::vector<std::string> names, masks;
  for (int i = 0; i < 4; ++i) {
    const std::string layer = "decoder.layer" + std::to_string(i);
    if (i < 3 && GetParam().image == "astronaut") names.push_back(layer + ".memory");
    masks.push_back(layer + ".memory_mask");
    for (const char* part : {".cross.out", ".self.out", ".ffn.out"}) names.push_back(layer + part);
  }
  for (int i = 0; i <= 4; ++i) {
    const std::string heads = "decoder.heads" + std::to_string(i);
    masks.push_back(heads + ".attn_mask");
    for (const char* part : {".mask_embed", ".mask_pooled", ".class_embed", ".pred_masks"}) {
      names.push_back(heads + part);
    }
  }
  for (const std::string& name : names) {
    ASSERT_TRUE(seen.contains(name)) << name;
    EXPECT_TRUE(near(seen.at(name), want(name), test::kDecoderTolerance)) << name;
  }
  for (const std::string& name : masks) {
    ASSERT_TRUE(seen.contains(name)) << name;
    EXPECT_TRUE(seen.at(name).equal(want(name))) << name;
  }
}

TEST_P(RecordedDecoder, FastPathGivesTheRecordedPrediction) {
  const c10::InferenceMode inference;
  const MaskPredictions got = decoder->forward(features);
  EXPECT_TRUE(near(got.mask_logits, want("decoder.heads4.pred_masks"), test::kDecoderTolerance));
  EXPECT_TRUE(near(got.class_embed, want("decoder.heads4.class_embed"), test::kDecoderTolerance));
}

TEST_P(RecordedDecoder, TrainingGivesThePredictionsOfEveryLayer) {
  features.mask_features.requires_grad_(true);
  const std::vector<MaskPredictions> got = decoder->forward_all(features);
  ASSERT_EQ(got.size(), 5u);
  for (size_t i = 0; i < got.size(); ++i) {
    const std::string heads = "decoder.heads" + std::to_string(i);
    EXPECT_TRUE(
        near(got[i].mask_logits.detach(), want(heads + ".pred_masks"), test::kDecoderTolerance));
    EXPECT_TRUE(
        near(got[i].class_embed.detach(), want(heads + ".class_embed"), test::kDecoderTolerance));
  }
}

INSTANTIATE_TEST_SUITE_P(Tiny, RecordedDecoder,
                         ::testing::Values(Recorded{"tiny-convnext", "astronaut"},
                                           Recorded{"tiny-convnext", "chelsea"},
                                           Recorded{"tiny-resnet", "astronaut"},
                                           Recorded{"tiny-resnet", "chelsea"}));

TEST(MaskDecoder, ScaleIsClampedAtAHundred) {
  MaskDecoder decoder(tiny_config());
  nn::WeightTable table;
  decoder.declare(table, kPrefix);
  at::Tensor& scale = *table.find(std::string(kPrefix) + ".logit_scale")->member;
  scale = at::scalar_tensor(2.0f, at::kFloat);
  EXPECT_FLOAT_EQ(decoder.logit_scale().item<float>(), std::exp(2.0f));
  scale = at::scalar_tensor(5.0f, at::kFloat);
  EXPECT_FLOAT_EQ(decoder.logit_scale().item<float>(), 100.0f);
}

TEST(MaskDecoder, ImagesOfABatchDoNotMix) {
  MaskDecoder decoder(tiny_config());
  fill(decoder, 0.2);
  const PixelFeatures both = made_up_features(2, 64, 1);
  const c10::InferenceMode inference;
  const MaskPredictions batch = decoder.forward(both);
  for (int64_t b = 0; b < 2; ++b) {
    PixelFeatures one;
    one.mask_features = both.mask_features.narrow(0, b, 1);
    for (int l = 0; l < 3; ++l) one.levels[l] = both.levels[l].narrow(0, b, 1);
    const MaskPredictions alone = decoder.forward(one);
    EXPECT_TRUE(near(batch.mask_logits.narrow(0, b, 1), alone.mask_logits, 1e-5));
    EXPECT_TRUE(near(batch.class_embed.narrow(0, b, 1), alone.class_embed, 1e-5));
  }
}

TEST(MaskDecoder, PermutingQueriesPermutesPredictions) {
  MaskDecoder decoder(tiny_config());
  fill(decoder, 0.2);
  const PixelFeatures features = made_up_features(1, 64, 2);
  const at::Tensor order = at::arange(19, -1, -1);
  const c10::InferenceMode inference;
  const MaskPredictions before = decoder.forward(features);
  nn::WeightTable table;
  decoder.declare(table, kPrefix);
  for (const char* name : {".query_feat.weight", ".query_embed.weight"}) {
    at::Tensor& member = *table.find(kPrefix + std::string(name))->member;
    member = member.index_select(0, order);
  }
  const MaskPredictions after = decoder.forward(features);
  EXPECT_TRUE(near(after.mask_logits, before.mask_logits.index_select(1, order), 1e-5));
  EXPECT_TRUE(near(after.class_embed, before.class_embed.index_select(1, order), 1e-5));
}

TEST(MaskDecoder, EveryWeightAndFeatureGetsAGradient) {
  MaskDecoder decoder(tiny_config());
  fill(decoder, 0.2);
  PixelFeatures features = made_up_features(1, 64, 3);
  features.mask_features.requires_grad_(true);
  for (at::Tensor& level : features.levels) level.requires_grad_(true);
  nn::WeightTable table;
  decoder.declare(table, kPrefix);
  for (const nn::Weight& row : table.rows()) row.member->requires_grad_(true);
  at::Tensor loss = decoder.logit_scale();
  for (const MaskPredictions& prediction : decoder.forward_all(features)) {
    loss = loss + prediction.mask_logits.square().mean() + prediction.class_embed.square().mean();
  }
  loss.backward();
  for (const nn::Weight& row : table.rows()) {
    ASSERT_TRUE(row.member->grad().defined()) << row.name;
    EXPECT_GT(row.member->grad().abs().max().item<float>(), 0) << row.name;
  }
  EXPECT_TRUE(features.mask_features.grad().defined());
  for (const at::Tensor& level : features.levels) EXPECT_TRUE(level.grad().defined());
}

TEST(MaskDecoder, ProjectsFeaturesOfAnotherWidth) {
  MaskDecoderConfig config = tiny_config();
  config.in_dim = 32;
  MaskDecoder decoder(config);
  nn::WeightTable table;
  decoder.declare(table, kPrefix);
  ASSERT_NE(table.find("sem_seg_head.predictor.input_proj.2.weight"), nullptr);
  fill(decoder, 0.2);
  PixelFeatures features = made_up_features(1, 32, 4);
  features.mask_features = made_up_features(1, 64, 4).mask_features;
  const c10::InferenceMode inference;
  EXPECT_EQ(decoder.forward(features).mask_logits.sizes(), at::IntArrayRef({1, 20, 24, 16}));
}

TEST(MaskDecoder, FeaturesOfTheWrongWidthAreAnErrorThatNamesThem) {
  MaskDecoder decoder(tiny_config());
  fill(decoder, 0.2);
  PixelFeatures features = made_up_features(1, 64, 5);
  features.levels[1] = at::zeros({1, 6, 4, 32});
  try {
    decoder.forward(features);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::shape_mismatch);
    EXPECT_NE(std::string(error.what()).find("level 1"), std::string::npos) << error.what();
  }
}

TEST(MaskDecoder, SizesThatDoNotFitAreAnError) {
  MaskDecoderConfig config = tiny_config();
  config.heads = 5;
  EXPECT_ERROR(invalid_argument, "mask_decoder.hidden_dim must be a multiple of heads",
               MaskDecoder{config});
  config = tiny_config();
  config.mask_dim = 32;
  EXPECT_ERROR(invalid_argument, "mask_decoder.mask_dim must equal hidden_dim",
               MaskDecoder{config});
}

}  // namespace mask_decoder_test
}  // namespace fcclip::head
