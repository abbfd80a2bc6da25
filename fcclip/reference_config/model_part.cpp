// What a configuration says of a model.

#include <algorithm>
#include <cctype>
#include <optional>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/model/published.h"
#include "fcclip/reference_config/configuration.h"
#include "fcclip/reference_config/inference_part.h"
#include "fcclip/text/printable.h"

namespace fcclip::reference_config {
namespace {

constexpr std::string_view kClipName = "MODEL.FC_CLIP.CLIP_MODEL_NAME",
                           kHeads = "MODEL.MASK_FORMER.NHEADS";

/// A size that both a key and a tensor tell.
struct SharedSize {
  std::string_view key, tensor;
  int64_t& (*member)(model::Config&);
  int64_t more = 0;  ///< the key counts so many more
};

const SharedSize kSharedSizes[] = {
    {"MODEL.FC_CLIP.EMBED_DIM", "backbone.clip_model.text_projection",
     [](model::Config& c) -> int64_t& { return c.clip.embed_dim; }},
    {"MODEL.MASK_FORMER.NUM_OBJECT_QUERIES", "sem_seg_head.predictor.query_feat.weight",
     [](model::Config& c) -> int64_t& { return c.mask_decoder.queries; }},
    {"MODEL.MASK_FORMER.HIDDEN_DIM", "sem_seg_head.predictor.query_feat.weight",
     [](model::Config& c) -> int64_t& { return c.mask_decoder.hidden_dim; }},
    // One prediction is made before the first layer.
    {"MODEL.MASK_FORMER.DEC_LAYERS", "sem_seg_head.predictor.transformer_ffn_layers.*",
     [](model::Config& c) -> int64_t& { return c.mask_decoder.layers; }, 1},
    {"MODEL.MASK_FORMER.DIM_FEEDFORWARD",
     "sem_seg_head.predictor.transformer_ffn_layers.0.linear1.weight",
     [](model::Config& c) -> int64_t& { return c.mask_decoder.ffn_dim; }},
    {"MODEL.SEM_SEG_HEAD.CONVS_DIM", "sem_seg_head.pixel_decoder.input_proj.0.0.weight",
     [](model::Config& c) -> int64_t& { return c.pixel_decoder.conv_dim; }},
    {"MODEL.SEM_SEG_HEAD.MASK_DIM", "sem_seg_head.pixel_decoder.mask_features.weight",
     [](model::Config& c) -> int64_t& { return c.pixel_decoder.mask_dim; }},
    {"MODEL.SEM_SEG_HEAD.TRANSFORMER_ENC_LAYERS",
     "sem_seg_head.pixel_decoder.transformer.encoder.layers.*",
     [](model::Config& c) -> int64_t& { return c.pixel_decoder.encoder_layers; }},
    {kHeads,
     "sem_seg_head.pixel_decoder.transformer.encoder.layers.0.self_attn.attention_weights.weight",
     [](model::Config& c) -> int64_t& { return c.pixel_decoder.heads; }},
};

/// The published row of a name of open_clip; nullptr where it is none. Models that differ only in
/// the pictures of their training have one row.
const model::PublishedModel* published_row(std::string name) {
  if (name.ends_with("-quickgelu")) name.resize(name.size() - std::string("-quickgelu").size());
  if (name == "convnext_large_d" || name == "convnext_base_w") name += "_320";
  if (name == "convnext_xxlarge_320") name = "convnext_xxlarge";
  for (const model::PublishedModel& row : model::published_models()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

clip::TowerKind tower_named(const Keys& keys) {
  const std::string name = lower(keys.text(kClipName));
  if (name.find("convnext_") != std::string::npos) return clip::TowerKind::convnext;
  if (name.find("rn") != std::string::npos) return clip::TowerKind::resnet;
  fail(ErrorCode::unsupported, keys.where(kClipName), " is ", text::printable(keys.text(kClipName)),
       "; FC-CLIP needs a convolutional CLIP (convnext_… or RN…)");
}

std::string clip_name(const clip::ClipConfig& clip) {
  if (const model::PublishedModel* row = model::find_published(clip)) return row->name;
  const bool convnext = clip.tower == clip::TowerKind::convnext;
  std::string text = convnext ? "a ConvNeXt" : "a ModifiedResNet";
  for (const int64_t channels : clip.feature_channels()) text += " " + std::to_string(channels);
  return text + " with an embedding of " + std::to_string(clip.embed_dim);
}

void check_sizes(const Keys& keys, const model::TensorShapes& shapes, model::Config& config) {
  for (const SharedSize& size : kSharedSizes) {
    const int64_t stated = keys.whole(size.key), told = size.member(config) + size.more;
    if (stated == told) continue;
    fail(ErrorCode::shape_mismatch, keys.where(size.key), " is ", stated, ", but by the tensors ",
         told, " (", size.tensor, "); name the configuration that the weights were trained with");
  }
  constexpr std::string_view kClasses = "MODEL.SEM_SEG_HEAD.NUM_CLASSES";
  const int64_t classes = model::training_classes(shapes);
  if (classes != 0 && classes != keys.whole(kClasses)) {
    fail(ErrorCode::shape_mismatch, keys.where(kClasses), " is ", keys.whole(kClasses),
         ", but by the tensors ", classes, " (criterion.empty_weight)");
  }
}

}  // namespace

void check_clip(const Configuration& from, const clip::ClipConfig& clip) {
  const Keys& keys = from.keys;
  const model::PublishedModel* row = published_row(keys.text(kClipName));
  const bool same =
      row != nullptr ? model::find_published(clip) == row : tower_named(keys) == clip.tower;
  if (same) return;
  fail(
      ErrorCode::shape_mismatch, keys.where(kClipName), " is ",
      text::printable(keys.text(kClipName)), ", but the tensors are those of ", clip_name(clip),
      " (backbone.clip_model.visual.*); name the configuration that the weights were trained with");
}

void apply(const Configuration& from, const model::TensorShapes& shapes, model::Config& config) {
  check_clip(from, config.clip);
  check_sizes(from.keys, shapes, config);
  set_inference(from.keys, config);
}

model::Config named_model(const Configuration& from) {
  const Keys& keys = from.keys;
  const model::PublishedModel* row = published_row(keys.text(kClipName));
  if (row == nullptr) {
    tower_named(keys);
    fail(ErrorCode::unsupported, keys.where(kClipName), " is ",
         text::printable(keys.text(kClipName)),
         ", of which only a checkpoint tells the sizes; "
         "known are ",
         listed(model::published_models(), &model::PublishedModel::name));
  }
  model::Config config = model::published_config(*row);
  for (const SharedSize& size : kSharedSizes)
    size.member(config) = whole_in(keys, size.key, 1 + size.more, 1 << 16) - size.more;
  if (config.clip.embed_dim != row->clip.embed_dim) {
    fail(ErrorCode::shape_mismatch, keys.where("MODEL.FC_CLIP.EMBED_DIM"), " is ",
         config.clip.embed_dim, ", but ", row->name, " has ", row->clip.embed_dim, " (",
         keys.where(kClipName), ")");
  }
  config.mask_decoder.embed_dim = config.clip.embed_dim;
  config.mask_decoder.mask_dim = config.pixel_decoder.mask_dim;
  config.mask_decoder.in_dim = config.pixel_decoder.conv_dim;
  set_inference(keys, config);
  config.provenance = from.file;
  return config;
}

}  // namespace fcclip::reference_config
