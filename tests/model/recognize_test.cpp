#include "fcclip/model/recognize.h"

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/model/model.h"
#include "fcclip/model/published.h"
#include "fcclip/model/weight_names.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::model {
namespace {

TensorShapes shapes_of(const Config& config) {
  const Model model(config);
  TensorShapes shapes;
  for (const nn::Weight& row : model.weights().rows()) shapes[row.name] = row.shape;
  return shapes;
}

class PublishedShape : public ::testing::TestWithParam<PublishedModel> {};

TEST_P(PublishedShape, IsRecognizedFromItsTensorsAlone) {
  const Config want = published_config(GetParam());
  EXPECT_EQ(to_json(recognize(shapes_of(want))), to_json(want));
}

INSTANTIATE_TEST_SUITE_P(Recognize, PublishedShape, ::testing::ValuesIn(published_models()),
                         [](const auto& info) { return info.param.name; });

TEST(Recognize, SizesNobodyPublishedComeFromTheTensors) {
  Config want = test::small_config();
  want.pixel_decoder.encoder_layers = 3;
  want.pixel_decoder.ffn_dim = 96;
  want.mask_decoder.layers = 5;
  want.mask_decoder.queries = 7;
  want.clip.convnext.depths = {2, 1, 3, 1};
  const Config got = recognize(shapes_of(want));
  EXPECT_EQ(got.clip.convnext.depths, want.clip.convnext.depths);
  EXPECT_EQ(got.clip.text.vocab_size, want.clip.text.vocab_size);
  EXPECT_EQ(got.pixel_decoder.encoder_layers, 3);
  EXPECT_EQ(got.pixel_decoder.heads, 4);
  EXPECT_EQ(got.pixel_decoder.ffn_dim, 96);
  EXPECT_EQ(got.mask_decoder.layers, 5);
  EXPECT_EQ(got.mask_decoder.queries, 7);
  EXPECT_EQ(got.mask_decoder.heads, 2);  // by convention: 64 / 32
  EXPECT_EQ(got.name, "custom ConvNeXt");
}

TEST(Recognize, AMissingTensorIsNamed) {
  TensorShapes shapes = shapes_of(test::small_config());
  for (const char* name :
       {"backbone.clip_model.text_projection", "sem_seg_head.predictor.query_feat.weight",
        "sem_seg_head.pixel_decoder.adapter_1.weight"}) {
    TensorShapes fewer = shapes;
    fewer.erase(name);
    try {
      recognize(fewer);
      ADD_FAILURE() << "no error without " << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::missing_tensor);
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
    }
  }
}

TEST(Recognize, ImpossibleShapesAreErrors) {
  TensorShapes shapes = shapes_of(test::small_config());
  shapes["backbone.clip_model.text_projection"] = {64};
  EXPECT_ERROR(shape_mismatch, "text_projection: expected 2 dimensions", recognize(shapes));
  clip::ClipConfig resnet;
  resnet.tower = clip::TowerKind::resnet;
  resnet.resnet = {{1, 1, 1, 1}, 16, 8, 7};
  resnet.text = {77, 49408, 64, 1, 1, true};
  TensorShapes resnet_shapes = shapes_of(published_config({"x", resnet}));
  resnet_shapes["backbone.clip_model.visual.attnpool.positional_embedding"] = {49, 512};
  EXPECT_ERROR(shape_mismatch, "expected a square grid and one row more",
               recognize_clip(resnet_shapes));
  resnet_shapes["backbone.clip_model.visual.attnpool.positional_embedding"] = {0, 512};
  EXPECT_ERROR(shape_mismatch, "expected a square grid and one row more",
               recognize_clip(resnet_shapes));
}

TEST(Recognize, AVisionTransformerIsUnsupported) {
  TensorShapes shapes = shapes_of(test::small_config());
  std::erase_if(shapes,
                [](const auto& entry) { return entry.first.find("visual.") != std::string::npos; });
  shapes["backbone.clip_model.visual.conv1.weight"] = {768, 3, 16, 16};
  try {
    recognize_clip(shapes);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
  }
}

TEST(Recognize, NamesOfOpenClipBecomeThePublishedOnes) {
  EXPECT_EQ(published_name("visual.trunk.stem.0.weight"),
            "backbone.clip_model.visual.trunk.stem.0.weight");
  EXPECT_EQ(published_name("logit_scale"), "backbone.clip_model.logit_scale");
  EXPECT_EQ(published_name("sem_seg_head.predictor.logit_scale"),
            "sem_seg_head.predictor.logit_scale");
  EXPECT_EQ(published_name("backbone.clip_model.ln_final.bias"),
            "backbone.clip_model.ln_final.bias");
}

class RecordedManifest : public ::testing::TestWithParam<const char*> {};

TEST_P(RecordedManifest, IsRecognized) {
  FCCLIP_NEEDS_GOLDENS();
  TensorShapes shapes;
  const nlohmann::json manifest = test::golden_json(std::string(GetParam()) + "/manifest.json");
  for (const auto& entry : manifest.at("entries")) {
    shapes[entry.at("key")] = entry.at("shape").get<std::vector<int64_t>>();
  }
  const Config want = apply_reference_config(
      {}, test::golden_json(std::string(GetParam()) + "/config.json").dump());
  const Config got = recognize(shapes);
  EXPECT_EQ(got.clip.feature_channels(), want.clip.feature_channels());
  EXPECT_EQ(got.clip.text.layers, want.clip.text.layers);
  EXPECT_EQ(got.pixel_decoder.heads, want.pixel_decoder.heads);
  EXPECT_EQ(got.mask_decoder.queries, want.mask_decoder.queries);
  EXPECT_EQ(got.mask_decoder.layers, want.mask_decoder.layers);
  EXPECT_EQ(training_classes(shapes), 8);
  const Model model(got);
  for (const nn::Weight& row : model.weights().rows()) {
    ASSERT_TRUE(shapes.contains(row.name)) << row.name;
    EXPECT_EQ(shapes[row.name], row.shape) << row.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Recognize, RecordedManifest,
                         ::testing::Values("tiny-convnext", "tiny-resnet"));

}  // namespace
}  // namespace fcclip::model
