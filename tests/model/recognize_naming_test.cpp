#include <gtest/gtest.h>

#include "fcclip/model/model.h"
#include "fcclip/model/recognize.h"
#include "fcclip/model/untrained.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::model {
namespace recognize_naming_test {

// Names and shapes of a whole published model with this head.
TensorShapes shapes_of(const std::string& preset, const std::string& head) {
  Config config = preset_config(preset);
  set_preset_head(config, head);
  const Model model(config);
  TensorShapes shapes;
  for (const nn::Weight& row : model.weights().rows()) shapes[row.name] = row.shape;
  return shapes;
}

constexpr const char* kLarge = "convnext_large_d_320";
constexpr const char* kBase = "convnext_base_w_320";

// The tensors beyond FC-CLIP's that the published codes write are those that a model declares.
void expect_published(const nlohmann::json& keys, const std::string& preset,
                      const std::string& head) {
  TensorShapes ours;
  for (const auto& [name, shape] : shapes_of(preset, head)) {
    if (name.starts_with("mask_adapter.") || name.starts_with("cdt.")) ours[name] = shape;
  }
  TensorShapes theirs;
  for (const auto& [name, shape] : keys.items()) {
    if (name.starts_with("mask_adapter.") || name.starts_with("cdt."))
      theirs[name] = shape.get<std::vector<int64_t>>();
  }
  EXPECT_FALSE(theirs.empty());
  EXPECT_EQ(ours, theirs) << preset << " " << head;
}

TEST(RecognizeNaming, ADeclaredHeadHasThePublishedTensors) {
  FCCLIP_NEEDS_GOLDENS();
  const nlohmann::json keys = test::golden_json("heads/published_keys.json");
  expect_published(keys["mask-adapter"]["FC-CLIP ConvNeXt-L"], kLarge, "mask_adapter");
  expect_published(keys["mask-adapter"]["MAFT+ ConvNeXt-L"], kLarge, "mask_adapter_maft_plus");
  expect_published(keys["mask-adapter"]["MAFT+ ConvNeXt-B"], kBase, "mask_adapter_maft_plus");
  expect_published(keys["maft-plus"]["maftp_l"], kLarge, "maft_plus");
  expect_published(keys["maft-plus"]["maftp_l_pano"], kLarge, "maft_plus");
  expect_published(keys["maft-plus"]["maftp_b"], kBase, "maft_plus");
}

TEST(RecognizeNaming, FcClipHasNothingOfIt) {
  const Config config = recognize(shapes_of(kLarge, "fcclip"));
  EXPECT_TRUE(config.naming.is_plain());
  EXPECT_EQ(config.ensemble.clip_trust, 0);
  EXPECT_EQ(head_description(config), "FC-CLIP");
}

TEST(RecognizeNaming, CoatByItsSecondClip) {
  TensorShapes shapes = shapes_of(kLarge, "fcclip");
  shapes["frozen_backbone.clip_model.visual.trunk.stem.0.weight"] = {192, 3, 4, 4};
  shapes["criterion.empty_weight"] = {134};
  const Config config = recognize(shapes);
  EXPECT_EQ(config.ensemble.clip_trust, 0.5);
  EXPECT_EQ(config.panoptic.overlap_threshold, 0.7);
  EXPECT_EQ(config.ensemble.alpha, 0.4);
  EXPECT_EQ(head_description(config), "COAT, clip_trust 0.5");
}

TEST(RecognizeNaming, MaskAdapterWithItsPublishedNumbers) {
  const Config config = recognize(shapes_of(kLarge, "mask_adapter"));
  ASSERT_TRUE(config.naming.adapter);
  EXPECT_EQ(config.naming.adapter->channels, 768);
  EXPECT_EQ(config.naming.adapter->maps, 16);
  EXPECT_EQ(config.naming.adapter->mask_threshold, 0.5);
  EXPECT_EQ(config.ensemble.alpha, 0.7);
  EXPECT_EQ(config.ensemble.beta, 0.9);
  EXPECT_EQ(config.pixels.short_side, 896);
  EXPECT_EQ(config.pixels.max_side, 896);
  EXPECT_TRUE(config.naming.own_input_size);
}

TEST(RecognizeNaming, AnAdapterOnMaftPlusOfEitherSize) {
  const Config large = recognize(shapes_of(kLarge, "mask_adapter_maft_plus"));
  EXPECT_EQ(large.naming.kind(), "mask_adapter");
  EXPECT_EQ(large.naming.adapter->mask_threshold, 0.4);
  EXPECT_EQ(large.ensemble.alpha, 0.8);
  EXPECT_EQ(large.ensemble.beta, 1);
  EXPECT_FALSE(large.naming.rows->residual_inside_norm);
  EXPECT_EQ(large.training_vocabulary.classes.size(), 171u);
  const Config base = recognize(shapes_of(kBase, "mask_adapter_maft_plus"));
  EXPECT_EQ(base.naming.adapter->mask_threshold, 0.45);
  EXPECT_EQ(base.ensemble.alpha, 0.7);
  EXPECT_TRUE(base.naming.rows->residual_inside_norm);
}

TEST(RecognizeNaming, MaftPlusByTheClassesOfItsLoss) {
  TensorShapes shapes = shapes_of(kLarge, "maft_plus");
  shapes["criterion.empty_weight"] = {172};
  const Config semantic = recognize(shapes);
  EXPECT_EQ(semantic.naming.kind(), "maft_plus");
  EXPECT_TRUE(semantic.naming.rows->residual_inside_norm);
  EXPECT_TRUE(semantic.naming.scores_resized_late);
  EXPECT_EQ(semantic.training_vocabulary.classes.size(), 171u);
  shapes["criterion.empty_weight"] = {134};
  const Config panoptic = recognize(shapes);
  EXPECT_FALSE(panoptic.naming.rows->residual_inside_norm);
  EXPECT_FALSE(panoptic.naming.scores_resized_late);
  EXPECT_TRUE(panoptic.training_vocabulary.classes.empty());  // COCO's, as convert chooses
  EXPECT_EQ(panoptic.panoptic.object_mask_threshold, 0.2);
  EXPECT_EQ(panoptic.panoptic.overlap_threshold, 0.7);
  EXPECT_EQ(panoptic.ensemble.alpha, 1);
}

TEST(RecognizeNaming, AMissingTensorIsNamed) {
  TensorShapes shapes = shapes_of("tiny", "mask_adapter");
  shapes.erase("mask_adapter.final.weight");
  EXPECT_ERROR(missing_tensor, "mask_adapter.final.weight", recognize(shapes));
  shapes["mask_adapter.final.weight"] = {16, 48};
  EXPECT_ERROR(shape_mismatch, "mask_adapter.final.weight", recognize(shapes));
}

TEST(RecognizeNaming, HeadsOfAFileAreReadAsWritten) {
  for (const std::string& head : preset_heads()) {
    Config config = tiny_config();
    set_preset_head(config, head);
    const std::string text = to_json(config);
    EXPECT_EQ(text.find("\"head\":{") != std::string::npos, head != "fcclip" && head != "coat");
    EXPECT_EQ(to_json(config_from_json(text)), text) << head;
  }
}

TEST(RecognizeNaming, ADamagedHeadIsRefused) {
  Config config = tiny_config();
  set_preset_head(config, "mask_adapter");
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = to_json(config);
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  EXPECT_ERROR(bad_format, "head.kind", config_from_json(changed("mask_adapter", "mask_adaptor")));
  EXPECT_ERROR(bad_format, "head.num_mops",
               config_from_json(changed("num_output_maps", "num_mops")));
  EXPECT_ERROR(
      invalid_argument, "mask_threshold",
      validate(config_from_json(changed("\"mask_threshold\":0.5", "\"mask_threshold\":2"))));
  EXPECT_ERROR(invalid_argument, "head's sizes: expected 1",
               validate(config_from_json(changed("_maps\":16", "_maps\":0"))));
}

TEST(RecognizeNaming, AConfigurationSaysWhatTensorsDoNot) {
  Config config = tiny_config();
  set_preset_head(config, "mask_adapter_maft_plus");
  const Config set = apply_reference_config(
      config, R"({"head": {"mask_threshold": 0.45, "residual_inside_norm": true},
                  "geometric_ensemble_alpha": 0.7})");
  EXPECT_EQ(set.naming.adapter->mask_threshold, 0.45);
  EXPECT_TRUE(set.naming.rows->residual_inside_norm);
  EXPECT_EQ(set.ensemble.alpha, 0.7);
  const Config trusting =
      apply_reference_config(tiny_config(), R"({"head": {"clip_trust_weight": 0.25}})");
  EXPECT_EQ(trusting.ensemble.clip_trust, 0.25);
  EXPECT_ERROR(bad_format, "head.mask_threshold is nothing that this head has (FC-CLIP)",
               apply_reference_config(tiny_config(), R"({"head": {"mask_threshold": 0.4}})"));
  EXPECT_ERROR(bad_format, "expected fcclip, coat, mask_adapter or maft_plus",
               apply_reference_config(tiny_config(), R"({"head": {"kind": "oats"}})"));
}

}  // namespace recognize_naming_test
}  // namespace fcclip::model
