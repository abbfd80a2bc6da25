#include "fcclip/model/recognize.h"

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/model/model.h"
#include "fcclip/model/weight_names.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/goldens.h"

namespace fcclip {
namespace {

struct Case {
  const char* name;
  clip::ClipConfig clip;
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

Case convnext(const char* name, std::vector<int64_t> depths, std::vector<int64_t> dims,
              int64_t embed_dim, std::array<int64_t, 3> text, clip::HeadKind head,
              double eps = 1e-6) {
  Case out{name, {}};
  out.clip.convnext = {std::move(depths), dims, eps, head, dims.back()};
  out.clip.embed_dim = embed_dim;
  out.clip.text = {77, 49408, text[0], text[1], text[2], false};
  return out;
}

// width_grid: of the stem, and of the positional embedding's side.
Case resnet(const char* name, std::vector<int64_t> layers, std::array<int64_t, 2> width_grid,
            int64_t embed_dim, std::array<int64_t, 3> text) {
  const auto [width, grid] = width_grid;
  Case out{name, {}};
  out.clip.tower = clip::TowerKind::resnet;
  out.clip.resnet = {std::move(layers), width, width / 2, grid};
  out.clip.image_size = 32 * grid;
  out.clip.embed_dim = embed_dim;
  out.clip.text = {77, 49408, text[0], text[1], text[2], true};
  return out;
}

TensorShapes shapes_of(const ModelConfig& config) {
  const Model model(config);
  TensorShapes shapes;
  for (const nn::Weight& row : model.weights().rows()) shapes[row.name] = row.shape;
  return shapes;
}

ModelConfig whole(const Case& one) {
  ModelConfig config;
  config.name = one.name;
  config.clip = one.clip;
  config.pixel_decoder.in_channels = config.clip.feature_channels();
  config.mask_decoder.embed_dim = config.clip.embed_dim;
  config.ensemble.only_valid_masks = config.clip.tower == clip::TowerKind::resnet;
  return config;
}

ModelConfig recognized(const TensorShapes& shapes) {
  ModelConfig config;
  config.clip = recognize_clip(shapes);
  recognize_head(shapes, config);
  apply_published_settings(config);
  return config;
}

class PublishedShape : public ::testing::TestWithParam<Case> {};

TEST_P(PublishedShape, IsRecognizedFromItsTensorsAlone) {
  const ModelConfig want = whole(GetParam());
  ModelConfig got = recognized(shapes_of(want));
  // What the other tower would be does not matter.
  if (want.clip.tower == clip::TowerKind::convnext) got.clip.resnet = want.clip.resnet;
  if (want.clip.tower == clip::TowerKind::resnet) got.clip.convnext = want.clip.convnext;
  got.clip.image_size = want.clip.image_size;
  EXPECT_EQ(to_json(got), to_json(want));
}

INSTANTIATE_TEST_SUITE_P(
    Recognize, PublishedShape,
    ::testing::Values(convnext("convnext_base_w_320", {3, 3, 27, 3}, {128, 256, 512, 1024}, 640,
                               {640, 10, 12}, clip::HeadKind::linear),
                      convnext("convnext_large_d_320", {3, 3, 27, 3}, {192, 384, 768, 1536}, 768,
                               {768, 12, 16}, clip::HeadKind::mlp),
                      convnext("convnext_xxlarge", {3, 4, 30, 3}, {384, 768, 1536, 3072}, 1024,
                               {1024, 16, 24}, clip::HeadKind::linear, 1e-5),
                      resnet("RN50", {3, 4, 6, 3}, {64, 7}, 1024, {512, 8, 12}),
                      resnet("RN101", {3, 4, 23, 3}, {64, 7}, 512, {512, 8, 12}),
                      resnet("RN50x4", {4, 6, 10, 6}, {80, 9}, 640, {640, 10, 12}),
                      resnet("RN50x16", {6, 8, 18, 8}, {96, 12}, 768, {768, 12, 12}),
                      resnet("RN50x64", {3, 15, 36, 10}, {128, 14}, 1024, {1024, 16, 12})),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Recognize, SizesNobodyPublishedComeFromTheTensors) {
  ModelConfig want = test::small_config();
  want.pixel_decoder.encoder_layers = 3;
  want.pixel_decoder.ffn_dim = 96;
  want.mask_decoder.layers = 5;
  want.mask_decoder.queries = 7;
  want.clip.convnext.depths = {2, 1, 3, 1};
  const ModelConfig got = recognized(shapes_of(want));
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
      recognized(fewer);
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
  EXPECT_THROW(recognized(shapes), Error);
  TensorShapes resnet_shapes = shapes_of(whole(resnet("x", {1, 1, 1, 1}, {16, 7}, 64, {64, 1, 1})));
  resnet_shapes["backbone.clip_model.visual.attnpool.positional_embedding"] = {49, 512};
  EXPECT_THROW(recognize_clip(resnet_shapes), Error);
  resnet_shapes["backbone.clip_model.visual.attnpool.positional_embedding"] = {0, 512};
  EXPECT_THROW(recognize_clip(resnet_shapes), Error);
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

TEST(Recognize, TheTrainingVocabularyOfPublishedModelsIsCocos) {
  const classify::Vocabulary coco = published_training_vocabulary();
  EXPECT_EQ(coco.classes.size(), 133u);
  EXPECT_EQ(coco.classes.front().synonyms.front(), "person");
}

class RecordedManifest : public ::testing::TestWithParam<const char*> {};

TEST_P(RecordedManifest, IsRecognized) {
  FCCLIP_NEEDS_GOLDENS();
  TensorShapes shapes;
  const nlohmann::json manifest = test::golden_json(std::string(GetParam()) + "/manifest.json");
  for (const auto& entry : manifest.at("entries")) {
    shapes[entry.at("key")] = entry.at("shape").get<std::vector<int64_t>>();
  }
  const ModelConfig want = apply_reference_config(
      {}, test::golden_json(std::string(GetParam()) + "/config.json").dump());
  const ModelConfig got = recognized(shapes);
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
}  // namespace fcclip
