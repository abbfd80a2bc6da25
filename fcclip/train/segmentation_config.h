#pragma once
// All settings of `fcclip train`; the defaults are the paper's.

#include <cstdint>
#include <string>

#include "fcclip/engine/loop.h"
#include "fcclip/engine/optimizer.h"
#include "fcclip/engine/settings.h"
#include "fcclip/model/config.h"
#include "fcclip/train/augment.h"
#include "fcclip/train/losses.h"

namespace fcclip::train {

/// Where a model begins.
struct ModelSettings {
  std::string clip;  ///< file with CLIP's weights: a new head is made
  std::string init;  ///< a whole model file to go on from, instead
  std::string name = "fcclip";
  int64_t conv_dim = 256, mask_dim = 256, encoder_layers = 6, encoder_ffn = 1024, points = 4;
  int64_t hidden_dim = 256, decoder_layers = 9, decoder_ffn = 2048, queries = 250;
  int64_t heads = 8, norm_groups = 32;
  /// How the finished model is used.
  int64_t short_side = 800, max_side = 1333;
  double alpha = 0.4, beta = 0.8, object_mask_threshold = 0.0, overlap_threshold = 0.8;
  bool freeze_clip = true;  ///< false: CLIP's image trunk is trained too, and forgets other words
  double trunk_rate_factor = 0.1;
};

/// Which pictures. COCO's own layout by default.
struct DataSettings {
  std::string kind = "panoptic";  ///< panoptic, instance (or instances), semantic, world
  std::string images = "datasets/coco/train2017";
  std::string panoptic_json = "datasets/coco/annotations/panoptic_train2017.json";
  std::string panoptic_pngs = "datasets/coco/panoptic_train2017";
  std::string instances_json = "datasets/coco/annotations/instances_train2017.json";
  std::string labels = "datasets/coco/labels";
  int64_t ignore_label = 255;
  std::string vocabulary = "coco_panoptic_133";  ///< empty: the data set's own categories
  /// kind world: the pack, and the scenes' side before augmentation.
  std::string world = ".cache/world/world.safetensors";
  int64_t scene_size = 320, min_pictures = 3;
  bool keep_empty = true;  ///< segments that the crop left without pixels are targets, as published
  double few_words_share =
      0;                    ///< of the steps: asked with few words (word_choice.h); 0 as published
  double bad_share = 0.05;  ///< of the pictures that may fail and are left out (bad_pictures.h)
  int64_t workers = 4, ahead = 16;
};

/// How long, and what is written.
struct RunSettings {
  int64_t batch = 16;      ///< pictures a step, over all processes
  int64_t accumulate = 1;  ///< parts in which a process works through its share of the batch
  int64_t reference_batch = 16;
  bool scale_learning_rate = true;  ///< rate · batch / reference_batch (linear scaling)
  std::string precision = "auto";
  double ema_decay = 0;  ///< 0: no average is kept, as published
  int64_t seed = 0;
  int64_t evaluate_pictures = 100;
  std::string device = "cpu", export_dtype = "float16";
  int64_t threads = 0;  ///< of the CPU; 0: all cores
};

/// A whole run, as its TOML says.
struct SegmentationConfig {
  ModelSettings model;
  DataSettings data;
  DataSettings evaluation{.kind = "",  ///< no evaluation hook
                          .images = "datasets/coco/val2017",
                          .panoptic_json = "datasets/coco/annotations/panoptic_val2017.json",
                          .panoptic_pngs = "datasets/coco/panoptic_val2017",
                          .instances_json = "datasets/coco/annotations/instances_val2017.json"};
  AugmentOptions augment;
  RunSettings run;
  engine::OptimizerOptions optimizer;
  LossOptions loss;
  engine::LoopOptions loop;
  std::string schedule = "steps";  ///< steps, poly, cosine
};

/// Binds every member to its TOML name.
void bind(engine::Settings& settings, SegmentationConfig& config);
/// Checks values that no type checks, and sets loop.schedule.kind. Throws Error{invalid_argument}
/// naming the setting.
void finish(SegmentationConfig& config);

/// learning_rate · batch / reference_batch, or learning_rate.
double learning_rate(const SegmentationConfig& config);

/// The model's configuration around this CLIP.
model::Config model_config(const ModelSettings& settings, const clip::ClipConfig& clip,
                           const model::PixelConfig& pixels);

}  // namespace fcclip::train
