#include "fcclip/model/config.h"

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::model {
namespace {

TEST(ModelConfig, JsonRoundTripKeepsEverything) {
  Config config = test::small_config();
  config.pixels.mean = {1.25, 2.5, 3.0000000001};
  config.ensemble = {0.1, 0.9, true};
  config.clip.text.quick_gelu = true;
  config.templates = {"a {}", "die {} ✓"};
  const Config back = config_from_json(to_json(config));
  EXPECT_EQ(to_json(back), to_json(config));
  EXPECT_EQ(back.pixels.mean, config.pixels.mean);
  EXPECT_EQ(back.training_vocabulary.classes.at(0).synonyms.at(1), "kitty");
  EXPECT_FALSE(back.training_vocabulary.classes.at(1).is_thing);
}

TEST(ModelConfig, UnknownAndMissingKeysAreErrors) {
  std::string text = to_json(test::small_config());
  EXPECT_ERROR(bad_format, "model configuration: unknown key 'newer'",
               config_from_json("{\"newer\": 1," + text.substr(1)));
  EXPECT_ERROR(bad_format, "key 'name' not found", config_from_json("{}"));
  EXPECT_ERROR(bad_format, "cannot use at() with array", config_from_json("[]"));
  EXPECT_ERROR(bad_format, "model configuration: not valid JSON:", config_from_json("{\"name\":"));
  text.replace(text.find("\"alpha\""), 7, "\"alpaca\"");
  EXPECT_ERROR(bad_format, "model configuration: unknown key 'ensemble.alpaca'",
               config_from_json(text));
}

TEST(ModelConfig, SizesThatDoNotFitTogetherAreRefused) {
  const auto refuses = [](auto change) {
    Config config = test::small_config();
    change(config);
    EXPECT_ERROR(invalid_argument, "model configuration", validate(config));
  };
  validate(test::small_config());
  refuses([](Config& c) { c.mask_decoder.heads = 5; });
  refuses([](Config& c) { c.pixel_decoder.in_channels[1] = 1; });
  refuses([](Config& c) { c.mask_decoder.embed_dim = 63; });
  refuses([](Config& c) { c.clip.text.heads = 0; });
  refuses([](Config& c) { c.templates = {"no place"}; });
}

TEST(ModelConfig, TheRecordedReferencesConfigIsApplied) {
  FCCLIP_NEEDS_GOLDENS();
  const Config convnext =
      apply_reference_config({}, test::golden_json("tiny-convnext/config.json").dump());
  validate(convnext);
  EXPECT_EQ(convnext.clip.convnext.dims, (std::vector<int64_t>{16, 32, 64, 128}));
  EXPECT_EQ(convnext.clip.text.heads, 2);
  EXPECT_EQ(convnext.mask_decoder.heads, 4);
  EXPECT_EQ(convnext.panoptic.overlap_threshold, 0.5);
  EXPECT_EQ(convnext.instances.top_k, 40);
  EXPECT_EQ(convnext.training_vocabulary.classes.size(), 8u);
  const Config resnet =
      apply_reference_config({}, test::golden_json("tiny-resnet/config.json").dump());
  validate(resnet);
  EXPECT_EQ(resnet.clip.tower, clip::TowerKind::resnet);
  EXPECT_TRUE(resnet.clip.text.quick_gelu);
  EXPECT_TRUE(resnet.ensemble.only_valid_masks);
  EXPECT_EQ(resnet.clip.resnet.pool_grid, 7);
}

}  // namespace
}  // namespace fcclip::model
