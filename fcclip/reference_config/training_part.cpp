// What a configuration says of a training, as settings of `fcclip train`.

#include <algorithm>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/reference_config/configuration.h"
#include "fcclip/reference_config/inference_part.h"
#include "fcclip/reference_config/training_settings.h"
#include "fcclip/text/printable.h"

namespace fcclip::reference_config {
namespace {

void set_model(TrainingSettings& s, const model::PixelConfig& usual,
               std::vector<std::string>& notes) {
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
  constexpr std::string_view kWeights = "MODEL.WEIGHTS";
  if (keys.is_stated(kWeights) && !keys.text(kWeights).empty()) {
    notes.push_back(keys.where(kWeights) + " (" + text::printable(keys.text(kWeights)) +
                    ") is not read: convert it and begin with --set model.init=MODEL.safetensors");
  }
  constexpr std::string_view kTop = "TEST.DETECTIONS_PER_IMAGE";
  if (config.instances.top_k != model::Config{}.instances.top_k)
    notes.push_back(keys.where(kTop) + " is not used in training: --top-k sets it when asking");
}

void set_run(TrainingSettings& s, std::vector<std::string>& notes) {
  const Keys& keys = s.keys;
  s.whole("run.batch", "SOLVER.IMS_PER_BATCH", 1);
  s.whole("optimizer.reference_batch", "SOLVER.IMS_PER_BATCH", 1);
  s.set("run.precision", keys.flag("SOLVER.AMP.ENABLED") ? "auto" : "float32");
  s.whole("run.checkpoint_every", "SOLVER.CHECKPOINT_PERIOD", 1);
  // All of them stay, as detectron2 leaves them.
  s.whole("run.keep_every", "SOLVER.CHECKPOINT_PERIOD", 1);
  if (keys.whole("SEED") >= 0) s.whole("run.seed", "SEED", 0);
  if (keys.whole("SOLVER.REFERENCE_WORLD_SIZE") != 0) {
    notes.push_back(keys.where("SOLVER.REFERENCE_WORLD_SIZE") +
                    " is not used: the rate follows run.batch, whatever the number of processes");
  }
}

/// Rate, decay and clipping.
void set_optimizer(TrainingSettings& s) {
  const Keys& keys = s.keys;
  const std::string& kind = keys.text("SOLVER.OPTIMIZER");
  s.require(kind == "ADAMW" || kind == "SGD", "SOLVER.OPTIMIZER", "ADAMW and SGD");
  s.set("optimizer.kind", kind == "SGD" ? "sgd" : "adamw");
  if (kind == "SGD") s.number("optimizer.momentum", "SOLVER.MOMENTUM");
  for (const std::string_view key : {"SOLVER.WEIGHT_DECAY_NORM", "SOLVER.WEIGHT_DECAY_EMBED"})
    s.require(keys.number(key) == 0, key, "0");
  s.number("optimizer.learning_rate", "SOLVER.BASE_LR");
  s.number("optimizer.weight_decay", "SOLVER.WEIGHT_DECAY");
  const bool clips = keys.flag("SOLVER.CLIP_GRADIENTS.ENABLED");
  constexpr std::string_view kType = "SOLVER.CLIP_GRADIENTS.CLIP_TYPE";
  const std::string& type = keys.text(kType);
  s.require(!clips || type == "full_model" || type == "norm" || type == "value", kType,
            "full_model, norm and value");
  if (clips && type == "norm") {
    constexpr std::string_view kNorm = "SOLVER.CLIP_GRADIENTS.NORM_TYPE";
    s.require(keys.number(kNorm) == 2, kNorm, "2.0");
  }
  s.set("optimizer.clip", !clips || type == "full_model" ? "all"
                          : type == "norm"               ? "each"
                                                         : "value");
  s.set("optimizer.clip_norm", clips ? keys.number("SOLVER.CLIP_GRADIENTS.CLIP_VALUE") : 0.0);
}

void set_schedule(TrainingSettings& s) {
  const Keys& keys = s.keys;
  constexpr std::string_view kName = "SOLVER.LR_SCHEDULER_NAME", kMethod = "SOLVER.WARMUP_METHOD",
                             kEnding = "SOLVER.POLY_LR_CONSTANT_ENDING", kSteps = "SOLVER.STEPS",
                             kRescale = "SOLVER.RESCALE_INTERVAL";
  const std::string& name = keys.text(kName);
  const bool poly = name == "WarmupPolyLR", cosine = name == "WarmupCosineLR";
  s.require(poly || cosine || name == "WarmupMultiStepLR", kName,
            "WarmupMultiStepLR, WarmupPolyLR and WarmupCosineLR");
  s.set("schedule.kind", poly ? "poly" : cosine ? "cosine" : "steps");
  const int64_t total = whole_in(keys, "SOLVER.MAX_ITER", 1, kMostSteps);
  s.set("schedule.steps", total);
  s.require(keys.text(kMethod) == "linear", kMethod, "linear");
  s.require(poly || !keys.flag(kRescale), kRescale, "False");
  s.whole("schedule.warmup_steps", "SOLVER.WARMUP_ITERS", 0);
  s.number("schedule.warmup_share", "SOLVER.WARMUP_FACTOR");
  if (poly) {
    s.require(keys.number(kEnding) == 0, kEnding, "0");
    s.number("schedule.power", "SOLVER.POLY_LR_POWER");
  }
  if (cosine) {
    constexpr std::string_view kEnd = "SOLVER.BASE_LR_END";
    const double end = keys.number(kEnd), base = keys.number("SOLVER.BASE_LR");
    s.require(end >= 0 && end <= base, kEnd, "numbers from 0 to SOLVER.BASE_LR");
    s.set("schedule.final_share", base > 0 ? end / base : 0.0);
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

void set_loss(TrainingSettings& s) {
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
  TrainingSettings settings(from.keys);
  set_model(settings, {}, notes);
  set_data(settings, notes);
  set_evaluation(settings, notes);
  set_run(settings, notes);
  set_optimizer(settings);
  set_schedule(settings);
  set_loss(settings);
  return settings.toml();
}

}  // namespace fcclip::reference_config
