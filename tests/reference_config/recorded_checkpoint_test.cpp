// The recorded checkpoint, once with the YAML that its reference ran with and once with the recorded settings.

#include <gtest/gtest.h>

#include "fcclip/model/convert.h"
#include "fcclip/reference_config/configuration.h"
#include "tests/reference_config/yaml_files.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"
#include "tests/support/merges.h"

namespace fcclip::reference_config {
namespace {

std::string yaml_of(const nlohmann::json& recorded, int64_t queries) {
  const nlohmann::json& decoder = recorded.at("decoder");
  const std::string name = recorded.at("clip_model_name").get<std::string>();
  return "_BASE_: base.yaml\nMODEL:\n  SEM_SEG_HEAD:\n    NUM_CLASSES: " +
         recorded.at("num_classes_train").dump() +
         "\n    CONVS_DIM: " + recorded.at("conv_dim").dump() +
         "\n    MASK_DIM: " + recorded.at("mask_dim").dump() + "\n    TRANSFORMER_ENC_LAYERS: " +
         recorded.at("pixel_decoder").at("encoder_layers").dump() +
         "\n  MASK_FORMER:\n    NHEADS: " + recorded.at("nheads").dump() +
         "\n    HIDDEN_DIM: " + recorded.at("hidden_dim").dump() +
         "\n    DIM_FEEDFORWARD: " + decoder.at("dim_feedforward").dump() +
         "\n    DEC_LAYERS: " + decoder.at("dec_layers_cfg").dump() +
         "\n    NUM_OBJECT_QUERIES: " + std::to_string(queries) +
         "\n    TEST: {OVERLAP_THRESHOLD: " + recorded.at("overlap_threshold").dump() +
         "}\n  FC_CLIP: {CLIP_MODEL_NAME: " + name +
         ", EMBED_DIM: " + recorded.at("clip").at("embed_dim").dump() +
         "}\nTEST: {DETECTIONS_PER_IMAGE: " + recorded.at("test_topk_per_image").dump() + "}\n";
}

model::ConvertOptions recorded_checkpoint() {
  model::ConvertOptions options;
  options.checkpoints = {test::goldens_folder() / "checkpoints" / "model_detectron2.pth"};
  options.merges = test::clip_merges();
  return options;
}

model::ConvertOptions with_yaml(const std::string& yaml) {
  const test::YamlFolder folder;
  folder.write("base.yaml", test::published_yaml());
  const Configuration stated = read_configuration(folder.write("own.yaml", yaml));
  model::ConvertOptions options = recorded_checkpoint();
  options.adjust = [stated](const model::TensorShapes& shapes, model::Config& config) {
    apply(stated, shapes, config);
  };
  return options;
}

TEST(RecordedCheckpoint, ItsYamlGivesTheRecordedSettings) {
  FCCLIP_NEEDS_GOLDENS();
  FCCLIP_NEEDS_MERGES();
  const nlohmann::json recorded = test::golden_json("tiny-convnext/config.json");
  const int64_t queries = recorded.at("decoder").at("num_queries").get<int64_t>();
  model::ConvertOptions by_json = recorded_checkpoint();
  by_json.reference_config = recorded.dump();
  const auto settings = [](const model::ConvertOptions& options) {
    return nlohmann::json::parse(model::to_json(model::convert(options).model->config));
  };
  const nlohmann::json want = settings(by_json),
                       got = settings(with_yaml(yaml_of(recorded, queries)));
  for (const char* part :
       {"ensemble", "panoptic", "instances", "pixels", "pixel_decoder", "mask_decoder"}) {
    EXPECT_EQ(got.at(part), want.at(part)) << part;
  }
  EXPECT_EQ(got.at("clip").at("convnext"), want.at("clip").at("convnext"));
  for (const std::string& note : model::convert(with_yaml(yaml_of(recorded, queries))).notes) {
    EXPECT_EQ(note.find("--config"), std::string::npos) << note;  // it was given
  }
  EXPECT_ERROR(shape_mismatch, "NUM_OBJECT_QUERIES is 100, but by the tensors 20",
               model::convert(with_yaml(yaml_of(recorded, 100))));
}

}  // namespace
}  // namespace fcclip::reference_config
