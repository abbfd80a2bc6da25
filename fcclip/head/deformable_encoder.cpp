#include "fcclip/head/deformable_encoder.h"

#include <ATen/ATen.h>

#include "fcclip/ops/deform_attention.h"

namespace fcclip::head {
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

void DeformableEncoder::prepare(ops::Products products) {
  std::vector<ops::DeformLayerWeights> layers;
  for (const DeformableLayer& layer : layers_) {
    layers.push_back({layer.sampling_offsets.tensors(), layer.attention_weights.tensors(),
                      layer.value_proj.tensors(), layer.output_proj.tensors(),
                      layer.norm1.tensors(), layer.linear1.tensors(), layer.linear2.tensors(),
                      layer.norm2.tensors()});
  }
  packed_ = ops::PackedDeformEncoder(
      {config_.heads, kLevels, config_.points,
       products == ops::Products::bfloat16 ? products : ops::Products::float32},
      layers);
}

void DeformableEncoder::packed(const at::Tensor& tokens, const at::Tensor& positions,
                               at::ArrayRef<Size> levels) const {
  packed_(tokens, positions, levels);
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
  const at::Tensor locations = ops::deform_locations(offsets, levels);
  const at::Tensor level_weights = weights.view({batch, count, heads, kLevels, config_.points});
  const at::Tensor mixed = ops::deform_attention(value, levels, locations, level_weights);
  const at::Tensor out = layer.output_proj(mixed);
  if (trace) {
    trace("msda0.query", query);
    trace("msda0.reference_points", ops::deform_reference_points(levels, tokens.device())
                                        .view({1, count, 1, 2})
                                        .expand({batch, count, kLevels, 2})
                                        .contiguous());
    trace("msda0.input_flatten", tokens);
    trace("msda0.core.value", value);
    trace("msda0.core.sampling_locations", locations);
    trace("msda0.core.attention_weights", level_weights);
    trace("msda0.core.out", mixed);
    trace("msda0.out", out);
  }
  return out;
}

at::Tensor DeformableEncoder::update(const DeformableLayer& layer, const at::Tensor& tokens,
                                     const at::Tensor& positions, at::ArrayRef<Size> levels,
                                     const Trace& trace) const {
  const at::Tensor x =
      layer.norm1(tokens + attend(layer, tokens, tokens + positions, levels, trace));
  return layer.norm2(x + layer.linear2(at::relu(layer.linear1(x))));
}

at::Tensor DeformableEncoder::plain(const at::Tensor& tokens, const at::Tensor& positions,
                                    at::ArrayRef<Size> levels, const Trace& trace,
                                    nn::Activations activations) const {
  at::Tensor x = tokens;
  for (size_t i = 0; i < layers_.size(); ++i) {
    const auto part = [this, i, sizes = levels.vec(),
                       here = i == 0 ? trace : Trace{}](const nn::Tensors& in) -> nn::Tensors {
      return {update(layers_[i], in[0], in[1], sizes, here)};
    };
    x = nn::run_part(activations, {x, positions}, part)[0];
    if (trace) trace("pixel_decoder.encoder.layer" + std::to_string(i) + ".out", x);
  }
  return x;
}

}  // namespace fcclip::head
