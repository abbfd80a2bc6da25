// What a configuration says of models and trainings.

#include "fcclip/reference_config/configuration.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "fcclip/model/published.h"
#include "tests/reference_config/yaml_files.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::reference_config {
namespace {

using test::published_yaml;

/// The published file with lines more; a section that is there already is written with dots here.
Configuration with(const std::string& more = "", const std::string& yaml = published_yaml()) {
  const test::YamlFolder folder;
  folder.write("base.yaml", yaml);
  return read_configuration(folder.write("own.yaml", "_BASE_: base.yaml\n" + more));
}

TEST(Configuration, ThePublishedFilesAreThePublishedModels) {
  for (const model::PublishedModel& row : model::published_models()) {
    const bool resnet = row.clip.tower == clip::TowerKind::resnet;
    const std::string weights = resnet ? "openai" : "laion2b_s29b_b131k_ft_soup";
    const std::string valid =
        resnet ? "MODEL: {FC_CLIP: {ENSEMBLE_ON_VALID_MASK: True}}\n" : std::string();
    const Configuration stated =
        with(valid, published_yaml(row.name, weights, static_cast<int>(row.clip.embed_dim)));
    model::Config want = model::published_config(row);
    want.training_vocabulary = model::published_training_vocabulary();
    model::Config got = named_model(stated);
    got.provenance.clear();
    EXPECT_EQ(model::to_json(got), model::to_json(want));
    EXPECT_EQ(tasks(stated), "panoptic, instance, semantic");
    EXPECT_TRUE(stated.notes.empty());
  }
}

TEST(Configuration, TheWeightsDecideTheActivation) {
  const auto quick = [](const std::string& name, const std::string& weights) {
    return named_model(with("", published_yaml(name, weights, 1024))).clip.text.quick_gelu;
  };
  EXPECT_TRUE(quick("RN50", "openai"));
  EXPECT_TRUE(quick("RN50", "OpenAI"));
  EXPECT_FALSE(quick("RN50", "yfcc15m"));
  EXPECT_TRUE(quick("RN50-quickgelu", "yfcc15m"));
}

TEST(Configuration, WhatIsUsedAtInferenceIsRead) {
  const model::Config config = named_model(
      with("MODEL:\n  FC_CLIP: {GEOMETRIC_ENSEMBLE_ALPHA: 0.1, GEOMETRIC_ENSEMBLE_BETA: 1}\n"
           "  MASK_FORMER:\n    NHEADS: 4\n    SIZE_DIVISIBILITY: 64\n"
           "    TEST: {OBJECT_MASK_THRESHOLD: 0.2, OVERLAP_THRESHOLD: 0.5}\n"
           "INPUT: {MIN_SIZE_TEST: 1024, MAX_SIZE_TEST: 2560}\nTEST: {DETECTIONS_PER_IMAGE: 40}\n"
           "DATASETS:\n  TRAIN: ('openvocab_ade20k_panoptic_train',)\n"));
  EXPECT_EQ(config.ensemble.alpha, 0.1);
  EXPECT_EQ(config.ensemble.beta, 1);
  EXPECT_EQ(config.panoptic.object_mask_threshold, 0.2);
  EXPECT_EQ(config.panoptic.overlap_threshold, 0.5);
  EXPECT_EQ(config.instances.top_k, 40);
  EXPECT_EQ(config.pixels.short_side, 1024);
  EXPECT_EQ(config.pixels.max_side, 2560);
  EXPECT_EQ(config.pixels.size_divisor, 64);
  EXPECT_EQ(config.mask_decoder.heads, 4);
  EXPECT_EQ(config.pixel_decoder.heads, 4);
  EXPECT_EQ(config.training_vocabulary.name, "ade20k_150");
}

TEST(Configuration, AnotherNetworkIsRefusedByKeyAndFile) {
  const std::pair<std::string, std::string> cases[] = {
      {"MODEL: {BACKBONE: {NAME: build_resnet_backbone}}",
       "own.yaml:2: MODEL.BACKBONE.NAME is build_resnet_backbone, another backbone; only CLIP"},
      {"MODEL: {META_ARCHITECTURE: MAFT_Plus}", "MODEL.META_ARCHITECTURE is MAFT_Plus"},
      {"MODEL: {SEM_SEG_HEAD: {PIXEL_DECODER_NAME: FPN}}", "PIXEL_DECODER_NAME is FPN"},
      {"MODEL: {SEM_SEG_HEAD: {IN_FEATURES: [res4, res5]}}", "IN_FEATURES is res4, res5"},
      {"MODEL: {MASK_FORMER: {PRE_NORM: True}}", "PRE_NORM is True"},
      {"MODEL: {MASK_FORMER: {TRANSFORMER_DECODER_NAME: Other}}", "TRANSFORMER_DECODER_NAME"},
      {"INPUT: {FORMAT: BGR}", "INPUT.FORMAT is BGR"}};
  for (const auto& one : cases) EXPECT_ERROR(unsupported, one.second, with(one.first));
  EXPECT_ERROR(unsupported, "a.yaml: MODEL.META_ARCHITECTURE (stated nowhere, so the reference's",
               parse_configuration("SEED: 1\n", "a.yaml"));
}

TEST(Configuration, ValuesThatCannotBeUsedAreRefused) {
  const std::pair<std::string, std::string> cases[] = {
      {"MODEL: {MASK_FORMER: {SIZE_DIVISIBILITY: 0}}", "multiple of 32"},
      {"MODEL: {PIXEL_STD: [1, 0, 1]}", "not above 0"},
      {"MODEL: {PIXEL_MEAN: [1, 0]}", "has 2 numbers"},
      {"MODEL: {FC_CLIP: {GEOMETRIC_ENSEMBLE_BETA: 1.5}}", "expected 0 to 1"},
      {"INPUT: {MIN_SIZE_TEST: 0}", "INPUT.MIN_SIZE_TEST is 0"},
      {"MODEL: {FC_CLIP: {CLIP_MODEL_NAME: ViT-L-14}}", "needs a convolutional CLIP"},
      {"MODEL: {FC_CLIP: {CLIP_MODEL_NAME: convnext_tiny}}", "known are convnext_base_w_320"}};
  for (const auto& one : cases) EXPECT_ERROR(unsupported, one.second, named_model(with(one.first)));
  EXPECT_ERROR(shape_mismatch, "EMBED_DIM is 768, but RN50 has 1024",
               named_model(with("", published_yaml("RN50"))));
}

TEST(Configuration, OnlyUnknownKeysAreToldOf) {
  const Configuration stated = with(
      "MODEL: {RPN: {NMS_THRESH: 0.7}, SWIN: {WINDOW_SIZE: 7}, MASK_FROMER: {NHEADS: 2}}\n"
      "VERSION: 2\nMY: {OWN: 1}\n");
  ASSERT_EQ(stated.notes.size(), 1u);
  EXPECT_NE(
      stated.notes[0].find("MODEL.MASK_FROMER.NHEADS (did you mean MODEL.MASK_FORMER?), MY.OWN"),
      std::string::npos)
      << stated.notes[0];
  const std::string typed = with("MODEL: {FC_CLIP: {GEOMETRIC_ENSEMBLE_ALFA: 0.2}}").notes.at(0);
  EXPECT_NE(typed.find("_ALFA (did you mean GEOMETRIC_ENSEMBLE_ALPHA?)"), std::string::npos)
      << typed;
}

TEST(Apply, WhatTensorsTellMustAgree) {
  model::Config tensors = model::published_config(model::published_models().at(1));
  EXPECT_EQ(tensors.name, "convnext_large_d_320");
  EXPECT_NO_THROW(apply(with(), {}, tensors));
  EXPECT_EQ(tensors.training_vocabulary.classes.size(), 133u);
  tensors.mask_decoder.queries = 40;
  EXPECT_ERROR(shape_mismatch,
               "base.yaml:20: MODEL.MASK_FORMER.NUM_OBJECT_QUERIES is 250, but by the tensors 40 "
               "(sem_seg_head.predictor.query_feat.weight)",
               apply(with(), {}, tensors));
  tensors.mask_decoder.queries = 250;
  EXPECT_ERROR(shape_mismatch, "DEC_LAYERS is 4, but by the tensors 10",
               apply(with("MODEL: {MASK_FORMER: {DEC_LAYERS: 4}}"), {}, tensors));
  EXPECT_ERROR(shape_mismatch, "NUM_CLASSES is 133, but by the tensors 150",
               apply(with(), {{"criterion.empty_weight", {151}}}, tensors));
  model::Config resnet = model::published_config(model::published_models().back());
  EXPECT_EQ(resnet.name, "RN50x64");
  EXPECT_ERROR(shape_mismatch,
               "CLIP_MODEL_NAME is convnext_large_d_320, but the tensors are those of RN50x64",
               apply(with(), {}, resnet));
}

TEST(Apply, AClipOfAnotherSizeIsHeldByItsKind) {
  model::Config tensors = model::published_config(model::published_models().at(1));
  tensors.clip.convnext.depths = {1, 1, 1, 1};
  const Configuration own = with("MODEL: {FC_CLIP: {CLIP_MODEL_NAME: convnext_mine}}");
  EXPECT_NO_THROW(apply(own, {}, tensors));
  EXPECT_ERROR(shape_mismatch, "is RN_mine, but the tensors are those of a ConvNeXt 192 384",
               apply(with("MODEL: {FC_CLIP: {CLIP_MODEL_NAME: RN_mine}}"), {}, tensors));
}

/// The recorded models of real sizes have forty queries and eight training classes.
TEST(Apply, TheRecordedFullSizeModelsAreThoseOfTheirFiles) {
  FCCLIP_NEEDS_GOLDENS();
  for (const std::string name : {"RN50", "convnext_base_w_320", "convnext_large_d_320"}) {
    const nlohmann::json recorded = test::golden_json("full/" + name + "/summary.json");
    const bool openai = recorded.at("quick_gelu").get<bool>();
    const int embed_dim = recorded.at("clip_embed_dim").get<int>();
    const std::string valid = recorded.at("ensemble_on_valid_mask").get<bool>() ? "True" : "False";
    const Configuration stated =
        with("MODEL:\n  MASK_FORMER: {NUM_OBJECT_QUERIES: " + recorded.at("num_queries").dump() +
                 "}\n  FC_CLIP: {ENSEMBLE_ON_VALID_MASK: " + valid + "}\n",
             published_yaml(name, openai ? "openai" : "laion", embed_dim));
    const model::Config config = named_model(stated);
    EXPECT_EQ(config.name, recorded.at("model").get<std::string>());
    EXPECT_EQ(config.clip.text.quick_gelu, openai);
    EXPECT_EQ(config.ensemble.alpha, recorded.at("alpha").get<double>());
    EXPECT_EQ(config.ensemble.beta, recorded.at("beta").get<double>());
    const nlohmann::json& channels = recorded.at("backbone_channels");  // the stem's first
    const std::vector<int64_t> stages(channels.begin() + 1, channels.end());
    EXPECT_EQ(config.pixel_decoder.in_channels, stages);
  }
}

TEST(Training, ThePublishedFileGivesThePapersRecipe) {
  std::vector<std::string> notes;
  const std::string toml = training_settings(with(), notes);
  EXPECT_TRUE(notes.empty());
  for (const char* line : {"model.name = \"fcclip_convnext_large_d_320\"",
                           "model.queries = 250",
                           "model.decoder_layers = 9",
                           "model.overlap_threshold = 0.8",
                           "data.kind = \"panoptic\"",
                           "data.name = \"coco_panoptic\"",
                           "augment.mapper = \"lsj\"",
                           "data.keep_empty = true",
                           "optimizer.kind = \"adamw\"",
                           "optimizer.clip = \"all\"",
                           "run.keep_every = 5000",
                           "evaluation.kind = \"panoptic\"",
                           "evaluation.name = \"coco_panoptic\"",
                           "run.evaluate_pictures = 0",
                           "run.evaluate_every = 5000",
                           "run.batch = 16",
                           "optimizer.reference_batch = 16",
                           "optimizer.learning_rate = 0.0001",
                           "optimizer.weight_decay = 0.05",
                           "optimizer.clip_norm = 0.01",
                           "schedule.kind = \"steps\"",
                           "schedule.steps = 368750",
                           "schedule.warmup_steps = 10",
                           "schedule.warmup_share = 1.0",
                           "loss.class_weight = 2.0",
                           "loss.points = 12544",
                           "run.precision = \"auto\""}) {
    EXPECT_NE(toml.find(std::string(line) + "\n"), std::string::npos) << line << " in\n" << toml;
  }
}

TEST(Training, SchedulesOfDetectron2) {
  std::vector<std::string> notes;
  const std::string poly = training_settings(
      with("SOLVER: {LR_SCHEDULER_NAME: WarmupPolyLR, POLY_LR_POWER: 0.5}"), notes);
  EXPECT_NE(poly.find("schedule.kind = \"poly\"\n"), std::string::npos);
  EXPECT_NE(poly.find("schedule.power = 0.5\n"), std::string::npos);
  EXPECT_EQ(poly.find("milestones"), std::string::npos);
  const std::string cosine = training_settings(
      with("SOLVER: {LR_SCHEDULER_NAME: WarmupCosineLR, BASE_LR: 1e-4, BASE_LR_END: 2.5e-5}"),
      notes);
  EXPECT_NE(cosine.find("schedule.kind = \"cosine\"\n"), std::string::npos);
  EXPECT_NE(cosine.find("schedule.final_share = 0.25\n"), std::string::npos) << cosine;
  const std::string steps =
      training_settings(with("SOLVER:\n  STEPS: (50, 75, 400)\n  MAX_ITER: 100\n"), notes);
  EXPECT_NE(steps.find("schedule.milestones = [0.5,0.75]\n"), std::string::npos) << steps;
}

TEST(Training, WhatItCannotDoIsRefusedByKeyAndFile) {
  const std::pair<std::string, std::string> cases[] = {
      {"SOLVER: {OPTIMIZER: LAMB}",
       "own.yaml:2: SOLVER.OPTIMIZER is LAMB; the training knows ADAMW and SGD alone"},
      {"SOLVER: {CLIP_GRADIENTS: {CLIP_TYPE: mine}}", "CLIP_TYPE is mine"},
      {"SOLVER: {CLIP_GRADIENTS: {CLIP_TYPE: norm, NORM_TYPE: 1.0}}", "NORM_TYPE is 1.0"},
      {"DATALOADER: {SAMPLER_TRAIN: RandomSubsetTrainingSampler}", "SAMPLER_TRAIN is RandomSubset"},
      {"TEST: {EXPECTED_RESULTS: [[keypoints, AP, 1, 2]]}", "EXPECTED_RESULTS has keypoints"},
      {"SOLVER: {WEIGHT_DECAY_NORM: 0.1}", "WEIGHT_DECAY_NORM"},
      {"SOLVER: {LR_SCHEDULER_NAME: Mine}", "LR_SCHEDULER_NAME is Mine"},
      {"SOLVER: {LR_SCHEDULER_NAME: WarmupCosineLR, BASE_LR: 1e-4, BASE_LR_END: 1e-3}",
       "BASE_LR_END is 1e-3; the training knows numbers from 0 to SOLVER.BASE_LR"},
      {"SOLVER: {RESCALE_INTERVAL: True}", "RESCALE_INTERVAL is True"},
      {"INPUT: {DATASET_MAPPER_NAME: mine}",
       "DATASET_MAPPER_NAME is mine; the training knows coco_"},
      {"INPUT: {RANDOM_FLIP: vertical}", "RANDOM_FLIP is vertical"},
      {"MODEL: {MASK_FORMER: {DEEP_SUPERVISION: False}}", "DEEP_SUPERVISION"},
      {"MODEL: {MASK_FORMER: {DROPOUT: 0.1}}", "DROPOUT is 0.1"},
      {"SOLVER: {IMS_PER_BATCH: 0}", "IMS_PER_BATCH is 0"}};
  std::vector<std::string> notes;
  for (const auto& one : cases)
    EXPECT_ERROR(unsupported, one.second, training_settings(with(one.first), notes));
}

void expect_lines(const std::string& toml, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    EXPECT_NE(toml.find(line + "\n"), std::string::npos) << line << " in\n" << toml;
  }
}

TEST(Training, TheOtherMappersAreSettings) {
  std::vector<std::string> notes;
  const std::string semantic = training_settings(
      with("DATASETS:\n  TRAIN: ('openvocab_ade20k_sem_seg_train',)\n"
           "INPUT:\n  DATASET_MAPPER_NAME: mask_former_semantic\n  MIN_SIZE_TRAIN: (320, 480)\n"
           "  MAX_SIZE_TRAIN: 2048\n  COLOR_AUG_SSD: True\n  SIZE_DIVISIBILITY: 640\n"
           "  RANDOM_FLIP: none\n"
           "  CROP: {ENABLED: True, TYPE: absolute, SIZE: [640, 512], SINGLE_CATEGORY_MAX_AREA: "
           "0.75}\n"),
      notes);
  expect_lines(semantic,
               {"augment.mapper = \"short_edge\"", "data.name = \"ade20k_150\"",
                "data.kind = \"semantic\"", "data.keep_empty = false",
                "augment.short_sides = [320,480]", "augment.short_side_sampling = \"choice\"",
                "augment.max_side = 2048", "augment.crop = \"absolute\"",
                "augment.crop_shape = [640.0,512.0]", "augment.crop_max_share = 0.75",
                "augment.colours = true", "augment.flip = true", "augment.pad_to = 640"});
  EXPECT_TRUE(notes.empty());
  const std::string instance = training_settings(
      with("DATASETS:\n  TRAIN: ('openvocab_coco_2017_train',)\n"
           "INPUT: {DATASET_MAPPER_NAME: mask_former_instance, MIN_SIZE_TRAIN: 640,"
           " MIN_SIZE_TRAIN_SAMPLING: range, CROP: {ENABLED: True}}\n"
           "DATALOADER: {SAMPLER_TRAIN: RepeatFactorTrainingSampler, REPEAT_THRESHOLD: 0.001}\n"),
      notes);
  expect_lines(instance, {"data.kind = \"instance\"", "data.keep_empty = true",
                          "augment.short_sides = [640,640]", "augment.crop = \"relative_range\"",
                          "augment.crop_shape = [0.9,0.9]", "augment.colours = false",
                          "augment.pad_to = 0", "data.sampler = \"repeat_factor\"",
                          "data.repeat_threshold = 0.001", "data.repeat_root = true"});
  EXPECT_EQ(instance.find("crop_max_share"), std::string::npos);
}

TEST(Training, SeveralDataSetsAreAList) {
  std::vector<std::string> notes;
  const std::string toml = training_settings(
      with("DATASETS:\n  TRAIN: ('openvocab_coco_2017_train_panoptic_with_sem_seg', "
           "'openvocab_ade20k_panoptic_train')\n"),
      notes);
  expect_lines(toml, {"data.sets = [{name = \"coco_panoptic\", kind = \"panoptic\"}, "
                      "{name = \"ade20k_150\", kind = \"panoptic\"}]"});
  EXPECT_TRUE(notes.empty());
}

TEST(Training, OptimizerEvaluationAndExpectedFiguresAreRead) {
  std::vector<std::string> notes;
  const std::string toml = training_settings(
      with(
          "SOLVER:\n  OPTIMIZER: SGD\n  MOMENTUM: 0.95\n  MAX_ITER: 700\n  CHECKPOINT_PERIOD: 100\n"
          "  CLIP_GRADIENTS: {CLIP_TYPE: value, CLIP_VALUE: 1.0}\n"
          "TEST:\n  EVAL_PERIOD: 0\n"
          "  EXPECTED_RESULTS: [[panoptic_seg, PQ, 26.8, 0.5], [bbox, AP50, 30, 1]]\n"
          "DATASETS:\n  TEST: ('openvocab_cityscapes_fine_panoptic_val', 'other')\n"),
      notes);
  expect_lines(
      toml, {"optimizer.kind = \"sgd\"", "optimizer.momentum = 0.95", "optimizer.clip = \"value\"",
             "optimizer.clip_norm = 1.0", "run.checkpoint_every = 100", "run.keep_every = 100",
             "evaluation.name = \"cityscapes\"", "evaluation.kind = \"panoptic\"",
             "run.evaluate_every = 700", "run.expect = \"PQ=26.8+-0.5,box_AP50=30+-1\""});
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("DATASETS.TEST: the run is evaluated on openvocab_cityscapes"),
            std::string::npos)
      << notes[0];
}

TEST(Training, WhatHasNoSettingIsToldOf) {
  std::vector<std::string> notes;
  training_settings(with("DATASETS:\n  TRAIN: ('mine',)\nTEST: {DETECTIONS_PER_IMAGE: 40}\n"
                         "MODEL: {PIXEL_MEAN: [1, 2, 3], WEIGHTS: begun.pth}\n"
                         "SOLVER: {REFERENCE_WORLD_SIZE: 8}\n"),
                    notes);
  ASSERT_EQ(notes.size(), 5u);
  EXPECT_NE(notes[0].find("MODEL.PIXEL_MEAN"), std::string::npos);
  EXPECT_NE(notes[1].find("MODEL.WEIGHTS (begun.pth) is not read"), std::string::npos) << notes[1];
  EXPECT_NE(notes[3].find("own.yaml:3: DATASETS.TRAIN"), std::string::npos) << notes[3];
}

}  // namespace
}  // namespace fcclip::reference_config
