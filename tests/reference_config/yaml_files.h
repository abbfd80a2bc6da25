#pragma once
// Configurations of the reference's form, written for these tests.

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/io/temporary_folder.h"

namespace fcclip::test {

/// The published recipe on `clip`, in one file.
inline std::string published_yaml(const std::string& clip = "convnext_large_d_320",
                                  const std::string& weights = "laion2b_s29b_b131k_ft_soup",
                                  int embed_dim = 768) {
  return R"(MODEL:
  META_ARCHITECTURE: "FCCLIP"
  BACKBONE: {FREEZE_AT: 0, NAME: "CLIP"}
  WEIGHTS: ""
  PIXEL_MEAN: [122.7709383, 116.7460125, 104.09373615]
  PIXEL_STD: [68.5005327, 66.6321579, 70.32316305]
  SEM_SEG_HEAD:
    NAME: "FCCLIPHead"
    IN_FEATURES: ["res5"]  # the second one counts
    NUM_CLASSES: 133
    CONVS_DIM: 256
    PIXEL_DECODER_NAME: "MSDeformAttnPixelDecoder"
    IN_FEATURES: ["res2", "res3", "res4", "res5"]
    TRANSFORMER_ENC_LAYERS: 6
  MASK_FORMER:
    TRANSFORMER_IN_FEATURE: "multi_scale_pixel_decoder"
    CLASS_WEIGHT: 2.0
    MASK_WEIGHT: 5.0
    DICE_WEIGHT: 5.0
    NUM_OBJECT_QUERIES: 250
    DROPOUT: 0.0
    DEC_LAYERS: 10
    TEST: {INSTANCE_ON: True, PANOPTIC_ON: True, OVERLAP_THRESHOLD: 0.8}
  FC_CLIP:
    CLIP_MODEL_NAME: ")" +
         clip + "\"\n    CLIP_PRETRAINED_WEIGHTS: \"" + weights +
         "\"\n    EMBED_DIM: " + std::to_string(embed_dim) + R"(
INPUT: {FORMAT: RGB, DATASET_MAPPER_NAME: "coco_panoptic_lsj"}
DATASETS:
  TRAIN: ("openvocab_coco_2017_train_panoptic_with_sem_seg",)
  TEST: ("openvocab_coco_2017_val_panoptic_with_sem_seg",)
SOLVER:
  BASE_LR: 1e-4
  STEPS: (327778, 355092)
  MAX_ITER: 368750
  WARMUP_FACTOR: 1.0
  WARMUP_ITERS: 10
  WEIGHT_DECAY: 0.05
  CLIP_GRADIENTS: {ENABLED: yes, CLIP_TYPE: "full_model", CLIP_VALUE: 0.01}
  AMP: {ENABLED: True}
TEST: {EVAL_PERIOD: 5000}
)";
}

/// Files of one folder that name each other.
class YamlFolder {
 public:
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace fcclip::test
