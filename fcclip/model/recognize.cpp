#include "fcclip/model/recognize.h"

#include <cmath>

#include "fcclip/core/check.h"
#include "fcclip/core/error.h"
#include "fcclip/model/published.h"
#include "fcclip/model/shapes.h"

namespace fcclip::model {
namespace {

constexpr int64_t kTextHeadWidth = 64, kPoolHeadWidth = 64, kDecoderHeadWidth = 32;
constexpr int64_t kLevels = 3, kPoints = 4;
constexpr int64_t kStride = 32;

clip::ConvNextConfig recognize_convnext(const Shapes& visual) {
  clip::ConvNextConfig config;
  config.depths.clear();
  config.dims.clear();
  for (int64_t stage = 0; stage < 4; ++stage) {
    const std::string blocks = "trunk.stages." + std::to_string(stage) + ".blocks.";
    config.dims.push_back(visual.extent(blocks + "0.conv_dw.weight", 4, 0));
    config.depths.push_back(visual.count(blocks, ".conv_dw.weight"));
  }
  const bool mlp = visual.has("head.mlp.fc1.weight");
  config.head = mlp ? clip::HeadKind::mlp : clip::HeadKind::linear;
  config.head_hidden = mlp ? visual.extent("head.mlp.fc1.weight", 2, 0) : config.dims.back();
  return config;
}

clip::ResNetConfig recognize_resnet(const Shapes& visual) {
  clip::ResNetConfig config;
  config.layers.clear();
  for (int stage = 1; stage <= 4; ++stage) {
    config.layers.push_back(visual.count("layer" + std::to_string(stage) + ".", ".conv1.weight"));
  }
  config.width = visual.extent("layer1.0.conv1.weight", 4, 0);
  const std::vector<int64_t>& position = visual.shape("attnpool.positional_embedding", 2);
  config.pool_grid = std::llround(std::sqrt(static_cast<double>(position[0] - 1)));
  if (config.pool_grid < 1 || config.pool_grid * config.pool_grid + 1 != position[0]) {
    fail(ErrorCode::shape_mismatch, "tensor ", kClipPrefix,
         "visual.attnpool.positional_embedding: expected a square grid and one row more, got ",
         shape_string(position));
  }
  config.heads = std::max<int64_t>(1, position[1] / kPoolHeadWidth);
  return config;
}

clip::TextConfig recognize_text(const Shapes& clip) {
  clip::TextConfig config;
  config.context_length = clip.extent("positional_embedding", 2, 0);
  config.vocab_size = clip.extent("token_embedding.weight", 2, 0);
  config.width = clip.extent("token_embedding.weight", 2, 1);
  config.layers = clip.count("transformer.resblocks.", ".ln_1.weight");
  config.heads = std::max<int64_t>(1, config.width / kTextHeadWidth);
  return config;
}

void recognize_pixel_decoder(const Shapes& head, head::PixelDecoderConfig& config) {
  config.conv_dim = head.extent("input_proj.0.0.weight", 4, 0);
  config.in_channels = {
      head.extent("adapter_1.weight", 4, 1), head.extent("input_proj.2.0.weight", 4, 1),
      head.extent("input_proj.1.0.weight", 4, 1), head.extent("input_proj.0.0.weight", 4, 1)};
  config.mask_dim = head.extent("mask_features.weight", 4, 0);
  const std::string layers = "transformer.encoder.layers.";
  config.encoder_layers = head.count(layers, ".linear1.weight");
  config.ffn_dim = head.extent(layers + "0.linear1.weight", 2, 0);
  config.points = kPoints;
  config.heads =
      head.extent(layers + "0.self_attn.attention_weights.weight", 2, 0) / (kLevels * kPoints);
}

void recognize_mask_decoder(const Shapes& head, head::MaskDecoderConfig& config) {
  config.queries = head.extent("query_feat.weight", 2, 0);
  config.hidden_dim = head.extent("query_feat.weight", 2, 1);
  config.layers = head.count("transformer_ffn_layers.", ".linear1.weight");
  config.ffn_dim = head.extent("transformer_ffn_layers.0.linear1.weight", 2, 0);
  config.mask_dim = head.extent("mask_embed.layers.2.weight", 2, 0);
  config.embed_dim = head.extent("class_embed.layers.2.weight", 2, 0);
  config.heads = std::max<int64_t>(1, config.hidden_dim / kDecoderHeadWidth);
}

std::string name_of(const clip::ClipConfig& config) {
  if (const PublishedModel* published = find_published(config)) return published->name;
  return config.tower == clip::TowerKind::convnext ? "custom ConvNeXt" : "custom ResNet";
}

}  // namespace

CheckpointParts parts_of(const TensorShapes& shapes) {
  CheckpointParts parts;
  for (const auto& [name, shape] : shapes) {
    parts.clip = parts.clip || name.starts_with(kClipPrefix);
    parts.head = parts.head || name.starts_with("sem_seg_head.") || name == "void_embedding.weight";
  }
  return parts;
}

clip::ClipConfig recognize_clip(const TensorShapes& shapes) {
  const Shapes clip(shapes, std::string(kClipPrefix));
  const Shapes visual(shapes, std::string(kClipPrefix) + "visual.");
  clip::ClipConfig config;
  config.text = recognize_text(clip);
  config.embed_dim = clip.extent("text_projection", 2, 1);
  if (visual.has("trunk.stem.0.weight")) {
    config.convnext = recognize_convnext(visual);
    const PublishedModel* known = find_published_tower(config);
    if (known != nullptr) config.convnext.norm_eps = known->clip.convnext.norm_eps;
  } else if (visual.has("attnpool.positional_embedding")) {
    config.tower = clip::TowerKind::resnet;
    config.resnet = recognize_resnet(visual);
    config.image_size = config.resnet.pool_grid * kStride;
    config.text.quick_gelu = true;
  } else {
    fail(ErrorCode::unsupported,
         "the image tower is neither open_clip's ConvNeXt (visual.trunk.stem.0.weight) nor a "
         "ModifiedResNet "
         "(visual.attnpool.positional_embedding); vision transformers can't be used here");
  }
  if (const PublishedModel* published = find_published(config)) {
    config.text.heads = published->clip.text.heads;
    config.image_size = published->clip.image_size;
  }
  return config;
}

void recognize_head(const TensorShapes& shapes, Config& config) {
  recognize_pixel_decoder(Shapes(shapes, "sem_seg_head.pixel_decoder."), config.pixel_decoder);
  recognize_mask_decoder(Shapes(shapes, "sem_seg_head.predictor."), config.mask_decoder);
  config.mask_decoder.in_dim = config.pixel_decoder.conv_dim;
}

Config recognize(const TensorShapes& shapes) {
  Config config;
  config.clip = recognize_clip(shapes);
  if (parts_of(shapes).head) recognize_head(shapes, config);
  apply_published_settings(config);
  recognize_naming(shapes, config);
  config.name = name_of(config.clip);
  return config;
}

int64_t training_classes(const TensorShapes& shapes) {
  const auto found = shapes.find("criterion.empty_weight");
  return found == shapes.end() || found->second.size() != 1 ? 0 : found->second[0] - 1;
}

}  // namespace fcclip::model
