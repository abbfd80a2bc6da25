// The heads of FC-CLIP's successors by their tensors, with what they were published with.

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/model/recognize.h"
#include "fcclip/model/shapes.h"

namespace fcclip::model {
namespace {

constexpr const char* kAdapter = "mask_adapter.";
constexpr const char* kRows = "cdt.cross_atten.";
constexpr int64_t kSemanticClasses = 171;  // COCO-Stuff's
constexpr int64_t kBaseWidth = 640;        // of ConvNeXt-B's embedding

bool has_prefix(const TensorShapes& shapes, const std::string& prefix) {
  const auto first = shapes.lower_bound(prefix);
  return first != shapes.end() && first->first.starts_with(prefix);
}

naming::AdapterConfig adapter_of(const TensorShapes& shapes) {
  const Shapes own(shapes, kAdapter);
  naming::AdapterConfig adapter;
  adapter.channels = own.extent("fuse.weight", 4, 0);
  adapter.mask_channels = own.extent("mask_downscaling.3.weight", 4, 0);
  adapter.maps = own.extent("final.weight", 4, 0);
  return adapter;
}

void set_ensemble(Config& config, double alpha, double beta) {
  config.ensemble.alpha = alpha;
  config.ensemble.beta = beta;
  config.ensemble.only_valid_masks = false;
}

void set_adapter(Config& config) {
  constexpr int64_t kLongestSide = 896;
  config.pixels.short_side = config.pixels.max_side = kLongestSide;
  config.naming.own_input_size = true;
  const bool on_maft_plus = config.naming.rows.has_value();
  const bool is_base = config.clip.embed_dim == kBaseWidth;
  if (!on_maft_plus) return set_ensemble(config, 0.7, 0.9);
  set_ensemble(config, is_base ? 0.7 : 0.8, 1.0);
  config.naming.adapter->mask_threshold = is_base ? 0.45 : 0.4;
  config.naming.rows->residual_inside_norm = is_base;
}

void set_maft_plus(Config& config, bool is_semantic) {
  set_ensemble(config, 1, 1);
  config.panoptic = {0.2, 0.7};
  config.naming.rows->residual_inside_norm = is_semantic;
  config.naming.scores_resized_late = is_semantic;
}

}  // namespace

void apply_published_naming(Config& config, bool is_semantic) {
  if (config.naming.adapter) return set_adapter(config);
  if (config.naming.rows) set_maft_plus(config, is_semantic);
}

void apply_published_coat(Config& config) {
  config.ensemble.clip_trust = 0.5;
  config.panoptic.overlap_threshold = 0.7;
}

void recognize_naming(const TensorShapes& shapes, Config& config) {
  if (has_prefix(shapes, kAdapter)) config.naming.adapter = adapter_of(shapes);
  if (has_prefix(shapes, kRows)) config.naming.rows = naming::RowsConfig{};
  const int64_t classes = training_classes(shapes);
  const bool is_semantic = classes == 0 || classes == kSemanticClasses;
  if (config.naming.rows && is_semantic) {
    config.training_vocabulary = classify::builtin_vocabulary("coco_stuff_164k");
  }
  apply_published_naming(config, is_semantic);
  if (config.naming.is_plain() && has_prefix(shapes, "frozen_backbone.")) {
    apply_published_coat(config);
  }
}

}  // namespace fcclip::model
