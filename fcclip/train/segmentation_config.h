#pragma once
// All settings of `fcclip train`; the defaults are the paper's.

#include <cstdint>
#include <string>
#include <vector>

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
  double trunk_drop_path = 0;  ///< stochastic depth of a trained trunk, at its last block
  /// Activation checkpointing (nn/checkpoint.h): less memory, the forward pass twice.
  bool checkpoint_activations = false;
  double clip_trust = 0;  ///< how the finished model is used (classify/ensemble.h)
};

/// Which pictures. COCO's own layout by default.
struct DataSettings {
  std::string name;  ///< of a published data set (data/registry.h): its files and words are taken
  std::string root;  ///< where published data sets lie; empty: as data::datasets_root has it
  std::string kind = "panoptic";  ///< panoptic, instance (or instances), semantic, world
  std::string images = "datasets/coco/train2017";
  std::string panoptic_json = "datasets/coco/annotations/panoptic_train2017.json";
  std::string panoptic_pngs = "datasets/coco/panoptic_train2017";
  std::string instances_json = "datasets/coco/annotations/instances_train2017.json";
  std::string labels = "datasets/coco/labels";
  int64_t ignore_label = 255;
  std::string picture_suffix;                    ///< empty: those of all picture files
  std::string panoptic_suffix = ".png";          ///< behind the picture's name in the PNG's
  std::string label_suffix;                      ///< empty: .png and .tif
  std::string vocabulary = "coco_panoptic_133";  ///< empty: the data set's own categories
  /// How often the pictures are shown: "shuffled", all alike, or "repeat_factor"
  /// (data/repeat_factors.h) with its threshold.
  std::string sampler = "shuffled";
  double repeat_threshold = 0;
  bool repeat_root = true;
  double weight = 0;  ///< among several data sets; 0: as many as it has pictures
  /// kind world: the pack, and the scenes' side before augmentation.
  std::string world = ".cache/world/world.safetensors";
  int64_t scene_size = 320, min_pictures = 3;
  bool keep_empty = true;  ///< segments that the crop left without pixels are targets, as published
  double few_words_share =
      0;                    ///< of the steps: asked with few words (word_choice.h); 0 as published
  double bad_share = 0.05;  ///< of the pictures that may fail and are left out (bad_pictures.h)
  int64_t workers = 4, ahead = 16;
};

/// A data set of [[data.sets]]: its files must be named.
struct ListedSet : DataSettings {
  ListedSet();
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
  int64_t evaluate_pictures = 100;  ///< 0: all
  std::string expect;               ///< figures of the last evaluation, eval::parse_expectations
  std::string device = "cpu", export_dtype = "float16";
  int64_t threads = 0;  ///< of the CPU; 0: all cores
};

/// A whole run, as its TOML says.
struct SegmentationConfig {
  ModelSettings model;
  DataSettings data;
  std::vector<ListedSet> sets;         ///< [[data.sets]]; none: the pictures are those of `data`
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
  std::string optimizer_kind = "adamw", clip = "all";
  std::string mapper = "lsj", short_sides = "choice", crop = "none";  ///< of augment, as texts
};

/// The data sets of a run: `sets`, or `data` alone.
std::vector<DataSettings> data_sets(const SegmentationConfig& config);

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
