// What a configuration says of a training, as settings of `fcclip train`.

#include <algorithm>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/reference_config/configuration.h"
#include "fcclip/reference_config/inference_part.h"
#include "fcclip/text/printable.h"

namespace fcclip::reference_config {
namespace {

constexpr int64_t kMostSteps = 1'000'000'000;

/// Lines "section.key = value"; JSON's texts, numbers and lists are TOML's too.
class Settings {
 public:
  explicit Settings(const Keys& keys) : keys(keys) {}

  void set(std::string_view setting, const nlohmann::json& value) {
    toml_ += std::string(setting) + " = " +
             value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  void whole(std::string_view setting, std::string_view key, int64_t least) {
    set(setting, whole_in(keys, key, least, kMostSteps));
  }
  void number(std::string_view setting, std::string_view key) { set(setting, keys.number(key)); }
  /// A key of which the training knows one value only.
  void require(bool holds, std::string_view key, std::string_view expected) const {
    if (holds) return;
    fail(ErrorCode::unsupported, keys.where(key), " is ", text::printable(keys.text(key)),
         "; the training knows ", expected, " alone");
  }
  const std::string& toml() const { return toml_; }

  const Keys& keys;

 private:
  std::string toml_;
};

void set_model(Settings& s, const model::PixelConfig& usual, std::vector<std::string>& notes) {
  const Keys& keys = s.keys;
  model::Config config;  // for what is checked there
  set_inference(keys, config);
  s.set("model.name", "fcclip_" + text::printable(keys.text("MODEL.FC_CLIP.CLIP_MODEL_NAME")));
  s.whole("model.conv_dim", "MODEL.SEM_SEG_HEAD.CONVS_DIM", 1);
  s.whole("model.mask_dim", "MODEL.SEM_SEG_HEAD.MASK_DIM", 1);
  s.whole("model.encoder_layers", "MODEL.SEM_SEG_HEAD.TRANSFORMER_ENC_LAYERS", 1);
  s.whole("model.hidden_dim", "MODEL.MASK_FORMER.HIDDEN_DIM", 1);
  // One prediction is made before the first layer.
  s.set("model.decoder_layers", whole_in(keys, "MODEL.MASK_FORMER.DEC_LAYERS", 2, 1000) - 1);
  s.whole("model.decoder_ffn", "MODEL.MASK_FORMER.DIM_FEEDFORWARD", 1);
  s.whole("model.queries", "MODEL.MASK_FORMER.NUM_OBJECT_QUERIES", 1);
  s.set("model.heads", config.mask_decoder.heads);
  s.set("model.short_side", config.pixels.short_side);
  s.set("model.max_side", config.pixels.max_side);
  s.set("model.alpha", config.ensemble.alpha);
  s.set("model.beta", config.ensemble.beta);
  s.set("model.object_mask_threshold", config.panoptic.object_mask_threshold);
  s.set("model.overlap_threshold", config.panoptic.overlap_threshold);
  s.number("model.trunk_rate_factor", "SOLVER.BACKBONE_MULTIPLIER");
  if (config.pixels.mean != usual.mean || config.pixels.std != usual.std) {
    notes.push_back(keys.where("MODEL.PIXEL_MEAN") +
                    " and PIXEL_STD are not used: pictures are normalised as model.clip says");
  }
  constexpr std::string_view kTop = "TEST.DETECTIONS_PER_IMAGE";
  if (config.instances.top_k != model::Config{}.instances.top_k)
    notes.push_back(keys.where(kTop) + " is not used in training: --top-k sets it when asking");
}

/// The data sets that the defaults of `fcclip train` lie at; others are named by the user.
void set_data(Settings& s, std::vector<std::string>& notes) {
  const Keys& keys = s.keys;
  constexpr std::string_view kMapper = "INPUT.DATASET_MAPPER_NAME", kFlip = "INPUT.RANDOM_FLIP";
  const std::string& mapper = keys.text(kMapper);
  s.require(mapper == "coco_panoptic_lsj" || mapper == "coco_instance_lsj", kMapper,
            "coco_panoptic_lsj and coco_instance_lsj (large-scale jitter)");
  s.set("data.kind", mapper == "coco_panoptic_lsj" ? "panoptic" : "instance");
  if (mapper == "coco_instance_lsj") s.set("data.vocabulary", "coco_instance");
  s.whole("data.workers", "DATALOADER.NUM_WORKERS", 0);
  const std::vector<std::string> train = keys.texts("DATASETS.TRAIN");
  if (train.size() != 1 || train.front().find("coco_2017_train") == std::string::npos) {
    notes.push_back(keys.where("DATASETS.TRAIN") +
                    ": name its files by --set data.images=… and its neighbours; until then data "
                    "is COCO's train2017");
  }
  const std::vector<std::string> test = keys.texts("DATASETS.TEST");
  const bool own = test.size() == 1 && test.front().find("coco_2017_val") != std::string::npos;
  const bool panoptic = own && test.front().find("panoptic") != std::string::npos;
  const bool evaluates = own && keys.whole("TEST.EVAL_PERIOD") > 0;
  s.set("evaluation.kind", !evaluates ? "" : panoptic ? "panoptic" : "instance");
  s.whole("augment.crop_size", "INPUT.IMAGE_SIZE", 32);
  s.number("augment.min_scale", "INPUT.MIN_SCALE");
  s.number("augment.max_scale", "INPUT.MAX_SCALE");
  const std::string& flip = keys.text(kFlip);
  s.require(flip == "horizontal" || flip == "none", kFlip, "horizontal and none");
  s.set("augment.flip", flip == "horizontal");
}

void set_run(Settings& s, std::vector<std::string>& notes) {
  const Keys& keys = s.keys;
  s.whole("run.batch", "SOLVER.IMS_PER_BATCH", 1);
  s.whole("optimizer.reference_batch", "SOLVER.IMS_PER_BATCH", 1);
  s.set("run.precision", keys.flag("SOLVER.AMP.ENABLED") ? "auto" : "float32");
  s.whole("run.checkpoint_every", "SOLVER.CHECKPOINT_PERIOD", 1);
  s.whole("run.evaluate_every", "TEST.EVAL_PERIOD", 0);
  if (keys.whole("SEED") >= 0) s.whole("run.seed", "SEED", 0);
  if (keys.whole("SOLVER.REFERENCE_WORLD_SIZE") != 0) {
    notes.push_back(keys.where("SOLVER.REFERENCE_WORLD_SIZE") +
                    " is not used: the rate follows run.batch, whatever the number of processes");
  }
}

/// Rate, decay and clipping.
void set_optimizer(Settings& s) {
  const Keys& keys = s.keys;
  s.require(keys.text("SOLVER.OPTIMIZER") == "ADAMW", "SOLVER.OPTIMIZER", "ADAMW");
  for (const std::string_view key : {"SOLVER.WEIGHT_DECAY_NORM", "SOLVER.WEIGHT_DECAY_EMBED"})
    s.require(keys.number(key) == 0, key, "0");
  s.number("optimizer.learning_rate", "SOLVER.BASE_LR");
  s.number("optimizer.weight_decay", "SOLVER.WEIGHT_DECAY");
  const bool clips = keys.flag("SOLVER.CLIP_GRADIENTS.ENABLED");
  constexpr std::string_view kType = "SOLVER.CLIP_GRADIENTS.CLIP_TYPE";
  s.require(!clips || keys.text(kType) == "full_model", kType, "full_model");
  s.set("optimizer.clip_norm", clips ? keys.number("SOLVER.CLIP_GRADIENTS.CLIP_VALUE") : 0.0);
}

void set_schedule(Settings& s) {
  const Keys& keys = s.keys;
  constexpr std::string_view kName = "SOLVER.LR_SCHEDULER_NAME", kMethod = "SOLVER.WARMUP_METHOD",
                             kEnding = "SOLVER.POLY_LR_CONSTANT_ENDING", kSteps = "SOLVER.STEPS";
  const std::string& name = keys.text(kName);
  const bool poly = name == "WarmupPolyLR", cosine = name == "WarmupCosineLR";
  s.require(poly || cosine || name == "WarmupMultiStepLR", kName,
            "WarmupMultiStepLR, WarmupPolyLR and WarmupCosineLR");
  s.set("schedule.kind", poly ? "poly" : cosine ? "cosine" : "steps");
  const int64_t total = whole_in(keys, "SOLVER.MAX_ITER", 1, kMostSteps);
  s.set("schedule.steps", total);
  s.require(keys.text(kMethod) == "linear", kMethod, "linear");
  s.whole("schedule.warmup_steps", "SOLVER.WARMUP_ITERS", 0);
  s.number("schedule.warmup_share", "SOLVER.WARMUP_FACTOR");
  if (poly) {
    s.require(keys.number(kEnding) == 0, kEnding, "0");
    s.number("schedule.power", "SOLVER.POLY_LR_POWER");
  }
  if (poly || cosine) return;
  s.number("schedule.gamma", "SOLVER.GAMMA");
  std::vector<double> milestones;  // those behind the end never come, as in detectron2
  for (const double step : keys.numbers(kSteps)) {
    if (step >= 0 && step <= static_cast<double>(total))
      milestones.push_back(step / static_cast<double>(total));
  }
  s.set("schedule.milestones", milestones);
}

void set_loss(Settings& s) {
  const Keys& keys = s.keys;
  constexpr std::string_view kDeep = "MODEL.MASK_FORMER.DEEP_SUPERVISION",
                             kDropout = "MODEL.MASK_FORMER.DROPOUT";
  s.require(keys.flag(kDeep), kDeep, "True");
  s.require(keys.number(kDropout) == 0, kDropout, "0");
  s.number("loss.class_weight", "MODEL.MASK_FORMER.CLASS_WEIGHT");
  s.number("loss.mask_weight", "MODEL.MASK_FORMER.MASK_WEIGHT");
  s.number("loss.dice_weight", "MODEL.MASK_FORMER.DICE_WEIGHT");
  s.number("loss.void_weight", "MODEL.MASK_FORMER.NO_OBJECT_WEIGHT");
  s.whole("loss.points", "MODEL.MASK_FORMER.TRAIN_NUM_POINTS", 1);
  s.number("loss.oversample_ratio", "MODEL.MASK_FORMER.OVERSAMPLE_RATIO");
  s.number("loss.importance_ratio", "MODEL.MASK_FORMER.IMPORTANCE_SAMPLE_RATIO");
}

}  // namespace

std::string training_settings(const Configuration& from, std::vector<std::string>& notes) {
  Settings settings(from.keys);
  set_model(settings, {}, notes);
  set_data(settings, notes);
  set_run(settings, notes);
  set_optimizer(settings);
  set_schedule(settings);
  set_loss(settings);
  return settings.toml();
}

}  // namespace fcclip::reference_config
