#include "fcclip/model/published.h"

#include <array>

#include "fcclip/classify/builtin_vocabularies.h"

namespace fcclip::model {
namespace {

using Layers = std::array<int64_t, 4>;

struct ConvNextRow {
  const char* name;
  Layers depths;
  int64_t width;  ///< channels of the first stage; they double with each
  clip::HeadKind head;
  double norm_eps;  ///< timm gives the LayerNorms of its largest another; no tensor shows it
  int64_t image_size, embed_dim;
  clip::TextConfig text;
};

struct ResNetRow {
  const char* name;
  Layers layers;
  int64_t width;  ///< of the stem
  int64_t image_size, embed_dim;
  clip::TextConfig text;
};

constexpr auto kLinear = clip::HeadKind::linear, kMlp = clip::HeadKind::mlp;

// Text: context, tokens, width, heads, layers, QuickGELU (OpenAI's weights).
constexpr ConvNextRow kConvNexts[] = {
    {"convnext_base_w_320", {3, 3, 27, 3}, 128, kLinear, 1e-6, 320, 640, {77, 49408, 640, 10, 12}},
    {"convnext_large_d_320", {3, 3, 27, 3}, 192, kMlp, 1e-6, 320, 768, {77, 49408, 768, 12, 16}},
    {"convnext_xxlarge", {3, 4, 30, 3}, 384, kLinear, 1e-5, 256, 1024, {77, 49408, 1024, 16, 24}},
};
constexpr ResNetRow kResNets[] = {
    {"RN50", {3, 4, 6, 3}, 64, 224, 1024, {77, 49408, 512, 8, 12, true}},
    {"RN101", {3, 4, 23, 3}, 64, 224, 512, {77, 49408, 512, 8, 12, true}},
    {"RN50x4", {4, 6, 10, 6}, 80, 288, 640, {77, 49408, 640, 10, 12, true}},
    {"RN50x16", {6, 8, 18, 8}, 96, 384, 768, {77, 49408, 768, 12, 12, true}},
    {"RN50x64", {3, 15, 36, 10}, 128, 448, 1024, {77, 49408, 1024, 16, 12, true}},
};

PublishedModel made_of(const ConvNextRow& row) {
  PublishedModel model{row.name, {}};
  clip::ConvNextConfig& tower = model.clip.convnext;
  tower.depths.assign(row.depths.begin(), row.depths.end());
  tower.dims = {row.width, 2 * row.width, 4 * row.width, 8 * row.width};
  tower.norm_eps = row.norm_eps;
  tower.head = row.head;
  tower.head_hidden = tower.dims.back();
  model.clip.text = row.text;
  model.clip.embed_dim = row.embed_dim;
  model.clip.image_size = row.image_size;
  return model;
}

PublishedModel made_of(const ResNetRow& row) {
  PublishedModel model{row.name, {}};
  model.clip.tower = clip::TowerKind::resnet;
  clip::ResNetConfig& tower = model.clip.resnet;
  tower.layers.assign(row.layers.begin(), row.layers.end());
  tower.width = row.width;
  tower.heads = row.width * 32 / 64;
  tower.pool_grid = row.image_size / 32;
  model.clip.text = row.text;
  model.clip.embed_dim = row.embed_dim;
  model.clip.image_size = row.image_size;
  return model;
}

bool same_tower(const clip::ClipConfig& a, const clip::ClipConfig& b) {
  if (a.tower != b.tower) return false;
  if (a.tower == clip::TowerKind::resnet) {
    return a.resnet.layers == b.resnet.layers && a.resnet.width == b.resnet.width;
  }
  return a.convnext.depths == b.convnext.depths &&
         a.convnext.dims.front() == b.convnext.dims.front();
}

bool same_text(const clip::ClipConfig& a, const clip::ClipConfig& b) {
  return a.embed_dim == b.embed_dim && a.text.width == b.text.width &&
         a.text.layers == b.text.layers;
}

}  // namespace

const std::vector<PublishedModel>& published_models() {
  static const std::vector<PublishedModel> models = [] {
    std::vector<PublishedModel> all;
    for (const ConvNextRow& row : kConvNexts) all.push_back(made_of(row));
    for (const ResNetRow& row : kResNets) all.push_back(made_of(row));
    return all;
  }();
  return models;
}

const PublishedModel* find_published(const clip::ClipConfig& config) {
  for (const PublishedModel& model : published_models()) {
    if (same_tower(model.clip, config) && same_text(model.clip, config)) return &model;
  }
  return nullptr;
}

const PublishedModel* find_published_tower(const clip::ClipConfig& config) {
  for (const PublishedModel& model : published_models()) {
    if (same_tower(model.clip, config)) return &model;
  }
  return nullptr;
}

void apply_published_settings(Config& config) {
  config.ensemble.only_valid_masks = config.clip.tower == clip::TowerKind::resnet;
}

Config published_config(const PublishedModel& model) {
  Config config;
  config.name = model.name;
  config.clip = model.clip;
  config.pixel_decoder.in_channels = model.clip.feature_channels();
  config.mask_decoder.embed_dim = model.clip.embed_dim;
  apply_published_settings(config);
  return config;
}

classify::Vocabulary published_training_vocabulary() {
  return classify::builtin_vocabulary("coco_panoptic_133");
}

}  // namespace fcclip::model
