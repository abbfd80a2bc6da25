// The reference's keys: those that are read, with its defaults, and those that change nothing here.

#include <algorithm>
#include <iterator>

#include "fcclip/reference_config/keys.h"

namespace fcclip::reference_config {
namespace {

struct Default {
  std::string_view key, value;
};

constexpr Default kDefaults[] = {
    // Which network.
    {"MODEL.META_ARCHITECTURE", "GeneralizedRCNN"},
    {"MODEL.BACKBONE.NAME", "build_resnet_backbone"},
    {"MODEL.SEM_SEG_HEAD.NAME", "SemSegFPNHead"},
    {"MODEL.SEM_SEG_HEAD.IN_FEATURES", "(p2, p3, p4, p5)"},
    {"MODEL.SEM_SEG_HEAD.NORM", "GN"},
    {"MODEL.SEM_SEG_HEAD.COMMON_STRIDE", "4"},
    {"MODEL.SEM_SEG_HEAD.PIXEL_DECODER_NAME", "BasePixelDecoder"},
    {"MODEL.SEM_SEG_HEAD.DEFORMABLE_TRANSFORMER_ENCODER_IN_FEATURES", "(res3, res4, res5)"},
    {"MODEL.MASK_FORMER.TRANSFORMER_DECODER_NAME", "MultiScaleMaskedTransformerDecoder"},
    {"MODEL.MASK_FORMER.TRANSFORMER_IN_FEATURE", "res5"},
    {"MODEL.MASK_FORMER.PRE_NORM", "False"},
    {"MODEL.MASK_FORMER.ENFORCE_INPUT_PROJ", "False"},
    // Its sizes.
    {"MODEL.SEM_SEG_HEAD.NUM_CLASSES", "54"},
    {"MODEL.SEM_SEG_HEAD.CONVS_DIM", "128"},
    {"MODEL.SEM_SEG_HEAD.MASK_DIM", "256"},
    {"MODEL.SEM_SEG_HEAD.TRANSFORMER_ENC_LAYERS", "0"},
    {"MODEL.MASK_FORMER.NHEADS", "8"},
    {"MODEL.MASK_FORMER.DIM_FEEDFORWARD", "2048"},
    {"MODEL.MASK_FORMER.DEC_LAYERS", "6"},
    {"MODEL.MASK_FORMER.HIDDEN_DIM", "256"},
    {"MODEL.MASK_FORMER.NUM_OBJECT_QUERIES", "100"},
    {"MODEL.FC_CLIP.CLIP_MODEL_NAME", "convnext_large_d_320"},
    {"MODEL.FC_CLIP.CLIP_PRETRAINED_WEIGHTS", "laion2b_s29b_b131k_ft_soup"},
    {"MODEL.FC_CLIP.EMBED_DIM", "768"},
    // How it is used.
    {"MODEL.FC_CLIP.GEOMETRIC_ENSEMBLE_ALPHA", "0.4"},
    {"MODEL.FC_CLIP.GEOMETRIC_ENSEMBLE_BETA", "0.8"},
    {"MODEL.FC_CLIP.ENSEMBLE_ON_VALID_MASK", "False"},
    {"MODEL.MASK_FORMER.SIZE_DIVISIBILITY", "32"},
    {"MODEL.MASK_FORMER.TEST.SEMANTIC_ON", "True"},
    {"MODEL.MASK_FORMER.TEST.INSTANCE_ON", "False"},
    {"MODEL.MASK_FORMER.TEST.PANOPTIC_ON", "False"},
    {"MODEL.MASK_FORMER.TEST.OBJECT_MASK_THRESHOLD", "0.0"},
    {"MODEL.MASK_FORMER.TEST.OVERLAP_THRESHOLD", "0.0"},
    {"TEST.DETECTIONS_PER_IMAGE", "100"},
    {"MODEL.PIXEL_MEAN", "(103.53, 116.28, 123.675)"},
    {"MODEL.PIXEL_STD", "(1.0, 1.0, 1.0)"},
    {"INPUT.FORMAT", "BGR"},
    {"INPUT.MIN_SIZE_TEST", "800"},
    {"INPUT.MAX_SIZE_TEST", "1333"},
    // How it is trained.
    {"MODEL.MASK_FORMER.DEEP_SUPERVISION", "True"},
    {"MODEL.MASK_FORMER.NO_OBJECT_WEIGHT", "0.1"},
    {"MODEL.MASK_FORMER.CLASS_WEIGHT", "1.0"},
    {"MODEL.MASK_FORMER.DICE_WEIGHT", "1.0"},
    {"MODEL.MASK_FORMER.MASK_WEIGHT", "20.0"},
    {"MODEL.MASK_FORMER.DROPOUT", "0.1"},
    {"MODEL.MASK_FORMER.TRAIN_NUM_POINTS", "12544"},
    {"MODEL.MASK_FORMER.OVERSAMPLE_RATIO", "3.0"},
    {"MODEL.MASK_FORMER.IMPORTANCE_SAMPLE_RATIO", "0.75"},
    {"DATASETS.TRAIN", "()"},
    {"DATASETS.TEST", "()"},
    {"DATALOADER.NUM_WORKERS", "4"},
    {"INPUT.DATASET_MAPPER_NAME", "mask_former_semantic"},
    {"INPUT.IMAGE_SIZE", "1024"},
    {"INPUT.MIN_SCALE", "0.1"},
    {"INPUT.MAX_SCALE", "2.0"},
    {"INPUT.RANDOM_FLIP", "horizontal"},
    {"INPUT.MIN_SIZE_TRAIN", "(800,)"},
    {"INPUT.MAX_SIZE_TRAIN", "1333"},
    {"INPUT.MIN_SIZE_TRAIN_SAMPLING", "choice"},
    {"INPUT.CROP.ENABLED", "False"},
    {"INPUT.CROP.TYPE", "relative_range"},
    {"INPUT.CROP.SIZE", "(0.9, 0.9)"},
    {"INPUT.CROP.SINGLE_CATEGORY_MAX_AREA", "1.0"},
    {"INPUT.COLOR_AUG_SSD", "False"},
    {"INPUT.SIZE_DIVISIBILITY", "-1"},
    {"DATALOADER.SAMPLER_TRAIN", "TrainingSampler"},
    {"DATALOADER.REPEAT_THRESHOLD", "0.0"},
    {"DATALOADER.REPEAT_SQRT", "True"},
    {"SOLVER.OPTIMIZER", "ADAMW"},
    {"SOLVER.MOMENTUM", "0.9"},
    {"SOLVER.BASE_LR", "0.001"},
    {"SOLVER.BASE_LR_END", "0.0"},
    {"SOLVER.BACKBONE_MULTIPLIER", "0.1"},
    {"SOLVER.WEIGHT_DECAY", "0.0001"},
    {"SOLVER.WEIGHT_DECAY_NORM", "0.0"},
    {"SOLVER.WEIGHT_DECAY_EMBED", "0.0"},
    {"SOLVER.IMS_PER_BATCH", "16"},
    {"SOLVER.REFERENCE_WORLD_SIZE", "0"},
    {"SOLVER.LR_SCHEDULER_NAME", "WarmupMultiStepLR"},
    {"SOLVER.MAX_ITER", "40000"},
    {"SOLVER.STEPS", "(30000,)"},
    {"SOLVER.GAMMA", "0.1"},
    {"SOLVER.POLY_LR_POWER", "0.9"},
    {"SOLVER.POLY_LR_CONSTANT_ENDING", "0.0"},
    {"SOLVER.WARMUP_FACTOR", "0.001"},
    {"SOLVER.WARMUP_ITERS", "1000"},
    {"SOLVER.WARMUP_METHOD", "linear"},
    {"SOLVER.RESCALE_INTERVAL", "False"},
    {"SOLVER.CHECKPOINT_PERIOD", "5000"},
    {"SOLVER.CLIP_GRADIENTS.ENABLED", "False"},
    {"SOLVER.CLIP_GRADIENTS.CLIP_TYPE", "value"},
    {"SOLVER.CLIP_GRADIENTS.CLIP_VALUE", "1.0"},
    {"SOLVER.CLIP_GRADIENTS.NORM_TYPE", "2.0"},
    {"SOLVER.AMP.ENABLED", "False"},
    {"TEST.EVAL_PERIOD", "0"},
    {"TEST.EXPECTED_RESULTS", "()"},
    {"SEED", "-1"},
};

// What ends with a point is a whole section, of another network or of another program's needs.
constexpr std::string_view kWithoutEffect[] = {
    "VERSION",
    "OUTPUT_DIR",
    "CUDNN_BENCHMARK",
    "VIS_PERIOD",
    "FLOAT32_PRECISION",
    "GLOBAL.",
    "MODEL.DEVICE",
    "MODEL.WEIGHTS",
    "MODEL.LOAD_PROPOSALS",
    "MODEL.MASK_ON",
    "MODEL.KEYPOINT_ON",
    "MODEL.BACKBONE.FREEZE_AT",
    "MODEL.RESNETS.",
    "MODEL.SWIN.",
    "MODEL.FPN.",
    "MODEL.PROPOSAL_GENERATOR.",
    "MODEL.ANCHOR_GENERATOR.",
    "MODEL.RPN.",
    "MODEL.ROI_HEADS.",
    "MODEL.ROI_BOX_HEAD.",
    "MODEL.ROI_BOX_CASCADE_HEAD.",
    "MODEL.ROI_MASK_HEAD.",
    "MODEL.ROI_KEYPOINT_HEAD.",
    "MODEL.PANOPTIC_FPN.",
    "MODEL.RETINANET.",
    "MODEL.SEM_SEG_HEAD.IGNORE_VALUE",
    "MODEL.SEM_SEG_HEAD.LOSS_WEIGHT",
    "MODEL.SEM_SEG_HEAD.LOSS_TYPE",
    "MODEL.SEM_SEG_HEAD.PROJECT_FEATURES",
    "MODEL.SEM_SEG_HEAD.PROJECT_CHANNELS",
    "MODEL.SEM_SEG_HEAD.ASPP_CHANNELS",
    "MODEL.SEM_SEG_HEAD.ASPP_DILATIONS",
    "MODEL.SEM_SEG_HEAD.ASPP_DROPOUT",
    // The reference's decoder takes MASK_FORMER.NHEADS and four points whatever these say.
    "MODEL.SEM_SEG_HEAD.DEFORMABLE_TRANSFORMER_ENCODER_N_HEADS",
    "MODEL.SEM_SEG_HEAD.DEFORMABLE_TRANSFORMER_ENCODER_N_POINTS",
    "MODEL.MASK_FORMER.ENC_LAYERS",
    "MODEL.MASK_FORMER.TEST.SEM_SEG_POSTPROCESSING_BEFORE_INFERENCE",
    "INPUT.MASK_FORMAT",
    "INPUT.CROP.",
    "DATASETS.PROPOSAL_FILES_TRAIN",
    "DATASETS.PROPOSAL_FILES_TEST",
    "DATASETS.PRECOMPUTED_PROPOSAL_TOPK_TRAIN",
    "DATASETS.PRECOMPUTED_PROPOSAL_TOPK_TEST",
    "DATALOADER.ASPECT_RATIO_GROUPING",
    "DATALOADER.FILTER_EMPTY_ANNOTATIONS",
    "SOLVER.NESTEROV",
    "SOLVER.BIAS_LR_FACTOR",
    "SOLVER.WEIGHT_DECAY_BIAS",
    "SOLVER.NUM_DECAYS",
    "TEST.KEYPOINT_OKS_SIGMAS",
    "TEST.AUG.",
    "TEST.PRECISE_BN.",
};

}  // namespace

const KeyTable& reference_defaults() {
  static const KeyTable table = [] {
    KeyTable made;
    for (const auto& [key, value] : kDefaults) made[std::string(key)].text = value;
    return made;
  }();
  return table;
}

bool is_known_key(std::string_view key) {
  return std::any_of(std::begin(kWithoutEffect), std::end(kWithoutEffect),
                     [key](std::string_view known) {
                       return known.ends_with('.') ? key.starts_with(known) : key == known;
                     });
}

}  // namespace fcclip::reference_config
