#include "fcclip/head/deformable_encoder.h"

#include <ATen/ATen.h>

#include "fcclip/ops/deform_attention.h"

namespace fcclip::head {
namespace {

// Centre of every position in units of the maps: [S, 2], x and y. The reference's reference points;
// padding is never masked, so they are the same in every level.
at::Tensor reference_points(at::ArrayRef<Size> levels, at::Device device) {
  const at::TensorOptions options = at::TensorOptions(at::kFloat).device(device);
  const auto centres = [&](int64_t extent) { return (at::arange(extent, options) + 0.5) / extent; };
  std::vector<at::Tensor> points;
  for (const Size& size : levels) {
    const std::vector<int64_t> shape = {size.height, size.width};
    points.push_back(at::stack({centres(size.width).unsqueeze(0).expand(shape),
                                centres(size.height).unsqueeze(1).expand(shape)},
                               -1)
                         .flatten(0, 1));
  }
  return at::cat(points);
}

// [L, 1, 2]: width and height, which divide the offsets.
at::Tensor level_extents(at::ArrayRef<Size> levels, at::Device device) {
  std::vector<float> extents;
  for (const Size& size : levels) {
    extents.push_back(static_cast<float>(size.width));
    extents.push_back(static_cast<float>(size.height));
  }
  return at::tensor(extents).view({-1, 1, 2}).to(device);
}

}  // namespace

DeformableEncoder::DeformableEncoder(const PixelDecoderConfig& config) : config_(config) {
  const int64_t width = config.conv_dim, samples = config.heads * kLevels * config.points;
  DeformableLayer layer;
  layer.sampling_offsets = {width, 2 * samples};
  layer.attention_weights = {width, samples};
  layer.value_proj = layer.output_proj = {width, width};
  layer.linear1 = {width, config.ffn_dim};
  layer.linear2 = {config.ffn_dim, width};
  layer.norm1 = layer.norm2 = {width};
  layers_.assign(static_cast<size_t>(config.encoder_layers), layer);
}

void DeformableEncoder::declare(nn::WeightTable& table, const std::string& prefix) {
  for (size_t i = 0; i < layers_.size(); ++i) {
    DeformableLayer& layer = layers_[i];
    const std::string name = prefix + ".layers." + std::to_string(i);
    layer.sampling_offsets.declare(table, name + ".self_attn.sampling_offsets");
    layer.attention_weights.declare(table, name + ".self_attn.attention_weights");
    layer.value_proj.declare(table, name + ".self_attn.value_proj");
    layer.output_proj.declare(table, name + ".self_attn.output_proj");
    layer.norm1.declare(table, name + ".norm1");
    layer.linear1.declare(table, name + ".linear1");
    layer.linear2.declare(table, name + ".linear2");
    layer.norm2.declare(table, name + ".norm2");
  }
}

at::Tensor DeformableEncoder::attend(const DeformableLayer& layer, const at::Tensor& tokens,
                                     const at::Tensor& query, at::ArrayRef<Size> levels,
                                     const Trace& trace) const {
  const int64_t batch = tokens.size(0), count = tokens.size(1), heads = config_.heads;
  const at::Tensor value = layer.value_proj(tokens).view({batch, count, heads, -1});
  const at::Tensor offsets =
      layer.sampling_offsets(query).view({batch, count, heads, kLevels, config_.points, 2});
  const at::Tensor weights = at::softmax(
      layer.attention_weights(query).view({batch, count, heads, kLevels * config_.points}), -1);
  const at::Tensor points = reference_points(levels, tokens.device());
  const at::Tensor locations =
      points.view({count, 1, 1, 1, 2}) + offsets / level_extents(levels, tokens.device());
  const at::Tensor level_weights = weights.view({batch, count, heads, kLevels, config_.points});
  const at::Tensor mixed = ops::deform_attention(value, levels, locations, level_weights);
  const at::Tensor out = layer.output_proj(mixed);
  if (trace) {
    trace("msda0.query", query);
    trace("msda0.reference_points",
          points.view({1, count, 1, 2}).expand({batch, count, kLevels, 2}).contiguous());
    trace("msda0.input_flatten", tokens);
    trace("msda0.core.value", value);
    trace("msda0.core.sampling_locations", locations);
    trace("msda0.core.attention_weights", level_weights);
    trace("msda0.core.out", mixed);
    trace("msda0.out", out);
  }
  return out;
}

at::Tensor DeformableEncoder::forward(const at::Tensor& tokens, const at::Tensor& positions,
                                      at::ArrayRef<Size> levels, const Trace& trace) const {
  at::Tensor x = tokens;
  for (size_t i = 0; i < layers_.size(); ++i) {
    const DeformableLayer& layer = layers_[i];
    x = layer.norm1(x + attend(layer, x, x + positions, levels, i == 0 ? trace : Trace{}));
    x = layer.norm2(x + layer.linear2(at::relu(layer.linear1(x))));
    if (trace) trace("pixel_decoder.encoder.layer" + std::to_string(i) + ".out", x);
  }
  return x;
}

}  // namespace fcclip::head
