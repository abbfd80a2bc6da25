#include "fcclip/model/untrained.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/error.h"

namespace fcclip {
namespace {

struct Range {
  double low, high;
};

uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 14695981039346656037ULL;
  for (const unsigned char byte : text) hash = (hash ^ byte) * 1099511628211ULL;
  return hash;
}

uint64_t splitmix(uint64_t s) {
  s = (s ^ (s >> 30)) * 0xBF58476D1CE4E5B9ULL;
  s = (s ^ (s >> 27)) * 0x94D049BB133111EBULL;
  return s ^ (s >> 31);
}

// A uniform distribution of this half-width has variance 1 / fan_in: the scale of activations is
// kept.
Range by_fan_in(const nn::Weight& row, double gain) {
  double fan_in = 1;
  for (size_t i = 1; i < row.shape.size(); ++i) fan_in *= static_cast<double>(row.shape[i]);
  const double bound = gain * std::sqrt(3.0 / fan_in);
  return {-bound, bound};
}

bool contains(const nn::Weight& row, std::string_view part) {
  return row.name.find(part) != std::string::npos;
}

// The few places where the plain rule would give masks that are all on or all off, or words that
// are all alike.
Range range_of(const nn::Weight& row) {
  const bool bias = row.name.ends_with("bias");
  if (row.name.ends_with("logit_scale")) return {3.2, 3.6};
  if (row.name.ends_with("running_var")) return {0.8, 1.2};
  if (row.role == nn::WeightRole::norm) {
    if (contains(row, "layer_1.norm") && bias) return {-1.2, -0.4};
    return bias ? Range{-0.05, 0.05} : Range{0.8, 1.2};
  }
  if (contains(row, "query_")) return {-1.5, 1.5};
  if (contains(row, "gamma")) return {0.05, 0.5};
  if (contains(row, "level_embed") || contains(row, "void_embedding")) return {-0.5, 0.5};
  if (contains(row, "token_embedding")) return {-0.3, 0.3};
  if (contains(row, "positional_embedding")) return {-0.1, 0.1};
  if (contains(row, "pixel_decoder.mask_features")) {
    return bias ? Range{-0.4, -0.2} : by_fan_in(row, 2.5);
  }
  if (contains(row, "mask_embed.layers.2")) return bias ? Range{0.0, 0.45} : by_fan_in(row, 1.8);
  if (contains(row, "sampling_offsets") && bias) return {-2.0, 2.0};
  if (row.shape.size() < 2) return {-0.05, 0.05};
  return by_fan_in(row,
                   contains(row, "transformer.resblocks") && contains(row, "in_proj") ? 3.0 : 1.0);
}

at::Tensor fill(const nn::Weight& row, uint64_t seed) {
  at::Tensor out = at::empty(row.shape, at::kFloat);
  const Range range = range_of(row);
  const uint64_t start = fnv1a(row.name) ^ splitmix(seed);
  float* data = out.data_ptr<float>();
  at::parallel_for(0, out.numel(), 65536, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const uint64_t z = splitmix(start + (static_cast<uint64_t>(i) + 1) * 0x9E3779B97F4A7C15ULL);
      const double u = static_cast<double>(z >> 40) * 0x1p-24;
      data[i] = static_cast<float>(range.low + (range.high - range.low) * u);
    }
  });
  return out;
}

ModelConfig convnext_preset(std::string name, clip::ConvNextConfig tower, int64_t embed_dim,
                            clip::TextConfig text) {
  ModelConfig config;
  config.name = std::move(name);
  config.clip.convnext = std::move(tower);
  config.clip.convnext.head_hidden = config.clip.convnext.dims.back();
  config.clip.embed_dim = embed_dim;
  config.clip.text = text;
  config.pixel_decoder.in_channels = config.clip.feature_channels();
  config.mask_decoder.embed_dim = embed_dim;
  return config;
}

ModelConfig resnet50_preset() {
  ModelConfig config;
  config.name = "RN50";
  config.clip.tower = clip::TowerKind::resnet;
  config.clip.embed_dim = 1024;
  config.clip.image_size = 224;
  config.clip.text = {77, 49408, 512, 8, 12, true};
  config.pixel_decoder.in_channels = config.clip.feature_channels();
  config.mask_decoder.embed_dim = 1024;
  config.ensemble.only_valid_masks = true;
  return config;
}

}  // namespace

void fill_untrained(Model& model, uint64_t seed) {
  for (const nn::Weight& row : model.weights().rows()) *row.member = fill(row, seed);
  model.prepare();
}

ModelConfig tiny_config() {
  ModelConfig config =
      convnext_preset("tiny", {{1, 1, 2, 1}, {16, 32, 64, 128}}, 64, {77, 49408, 64, 2, 2, false});
  config.pixel_decoder.conv_dim = config.pixel_decoder.mask_dim = 64;
  config.pixel_decoder.encoder_layers = 2;
  config.pixel_decoder.heads = 4;
  config.mask_decoder = {64, 64, 64, 64, 4, 4, 128, 20};
  config.panoptic.overlap_threshold = 0.5;
  config.pixels.short_side = 256;
  config.pixels.max_side = 512;
  return config;
}

ModelConfig preset_config(std::string_view name) {
  if (name == "tiny") return tiny_config();
  if (name == "RN50") return resnet50_preset();
  if (name == "convnext_base_w_320") {
    ModelConfig config = convnext_preset(std::string(name), {{3, 3, 27, 3}, {128, 256, 512, 1024}},
                                         640, {77, 49408, 640, 10, 12, false});
    config.clip.convnext.head = clip::HeadKind::linear;
    return config;
  }
  if (name == "convnext_large_d_320") {
    return convnext_preset(std::string(name), {{3, 3, 27, 3}, {192, 384, 768, 1536}}, 768,
                           {77, 49408, 768, 12, 16, false});
  }
  fail(ErrorCode::invalid_argument, "no configuration named '", name,
       "'; there are tiny, RN50, convnext_base_w_320 and convnext_large_d_320");
}

}  // namespace fcclip
