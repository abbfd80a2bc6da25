#include "fcclip/model/untrained.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/core/random.h"
#include "fcclip/model/published.h"
#include "fcclip/model/recognize.h"

namespace fcclip::model {
namespace {

struct Range {
  double low, high;
};

// A uniform distribution of this half-width has variance 1 / fan_in: the scale of activations is
// kept.
Range by_fan_in(const nn::Weight& row, double gain) {
  const double bound = gain * std::sqrt(3.0 / row.fan_in());
  return {-bound, bound};
}

// The few places where the plain rule would give masks that are all on or all off, or words that
// are all alike.
Range range_of(const nn::Weight& row) {
  const bool bias = row.name.ends_with("bias");
  if (row.name.ends_with("logit_scale")) return {3.2, 3.6};
  if (row.name.ends_with("running_var")) return {0.8, 1.2};
  if (row.role == nn::WeightRole::norm) {
    if (row.is_of("layer_1.norm") && bias) return {-1.2, -0.4};
    return bias ? Range{-0.05, 0.05} : Range{0.8, 1.2};
  }
  if (row.is_of("query_")) return {-1.5, 1.5};
  if (row.is_of("gamma")) return {0.05, 0.5};
  if (row.is_of("level_embed") || row.is_of("void_embedding")) return {-0.5, 0.5};
  if (row.is_of("token_embedding")) return {-0.3, 0.3};
  if (row.is_of("positional_embedding")) return {-0.1, 0.1};
  if (row.is_of("pixel_decoder.mask_features")) {
    return bias ? Range{-0.4, -0.2} : by_fan_in(row, 2.5);
  }
  if (row.is_of("mask_embed.layers.2")) return bias ? Range{0.0, 0.45} : by_fan_in(row, 1.8);
  if (row.is_of("sampling_offsets") && bias) return {-2.0, 2.0};
  if (row.shape.size() < 2) return {-0.05, 0.05};
  return by_fan_in(row, row.is_of("transformer.resblocks") && row.is_of("in_proj") ? 3.0 : 1.0);
}

at::Tensor fill(const nn::Weight& row, uint64_t seed) {
  at::Tensor out = at::empty(row.shape, at::kFloat);
  const Range range = range_of(row);
  const uint64_t start = hash_of_text(row.name) ^ mix_bits(seed);
  float* data = out.data_ptr<float>();
  at::parallel_for(0, out.numel(), 65536, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const uint64_t z = mix_bits(start + (static_cast<uint64_t>(i) + 1) * kGolden);
      const double u = static_cast<double>(z >> 40) * 0x1p-24;
      data[i] = static_cast<float>(range.low + (range.high - range.low) * u);
    }
  });
  return out;
}

}  // namespace

void fill_untrained(Model& model, uint64_t seed) {
  for (const nn::Weight& row : model.weights().rows()) *row.member = fill(row, seed);
  model.prepare();
}

void fill_untrained(Clip& clip, uint64_t seed) {
  for (const nn::Weight& row : clip.weights().rows()) *row.member = fill(row, seed);
  clip.prepare();
}

Config tiny_config() {
  Config config;
  config.name = "tiny";
  config.clip.convnext = {{1, 1, 2, 1}, {16, 32, 64, 128}};
  config.clip.convnext.head_hidden = 128;
  config.clip.embed_dim = 64;
  config.clip.text = {77, 49408, 64, 2, 2, false};
  config.pixel_decoder.in_channels = config.clip.feature_channels();
  config.pixel_decoder.conv_dim = config.pixel_decoder.mask_dim = 64;
  config.pixel_decoder.encoder_layers = 2;
  config.pixel_decoder.heads = 4;
  config.mask_decoder = {64, 64, 64, 64, 4, 4, 128, 20};
  config.panoptic.overlap_threshold = 0.5;
  config.pixels.short_side = 256;
  config.pixels.max_side = 512;
  return config;
}

std::vector<std::string> preset_names() {
  std::vector<std::string> names = {"tiny"};
  for (const PublishedModel& model : published_models()) names.push_back(model.name);
  return names;
}

Config preset_config(std::string_view name) {
  if (name == "tiny") return tiny_config();
  for (const PublishedModel& model : published_models()) {
    if (name == model.name) return published_config(model);
  }
  fail(ErrorCode::invalid_argument, "no configuration named '", name, "'; there are ",
       listed(preset_names()));
}

std::vector<std::string> preset_heads() {
  return {"fcclip", "coat", "mask_adapter", "maft_plus", "mask_adapter_maft_plus"};
}

void set_preset_head(Config& config, std::string_view name) {
  const std::vector<std::string> names = preset_heads();
  if (std::ranges::find(names, name) == names.end()) {
    fail(ErrorCode::invalid_argument, "no head named '", name, "'; there are ", listed(names));
  }
  if (name.starts_with("mask_adapter")) config.naming.adapter = naming::AdapterConfig{};
  if (name.ends_with("maft_plus")) config.naming.rows = naming::RowsConfig{};
  const PixelConfig pixels = config.pixels;
  apply_published_naming(config, true);
  if (config.name == "tiny") {  // stays small
    config.pixels = pixels;
    if (config.naming.adapter) config.naming.adapter->channels = 48;
  }
  if (name == "coat") apply_published_coat(config);
}

}  // namespace fcclip::model
