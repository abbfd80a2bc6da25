#include "fcclip/head/mask_decoder.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "fcclip/core/check.h"
#include "fcclip/head/position_encoding.h"
#include "fcclip/ops/mask_pool.h"
#include "fcclip/ops/masked_attention.h"
#include "fcclip/ops/resize.h"

namespace fcclip::head {
namespace {

// Queries [B, Q, C] as the reference traces them: [Q, B, C], without the axis of a batch of one.
at::Tensor reference_queries(const at::Tensor& queries) {
  return queries.transpose(0, 1).squeeze(1);
}

}  // namespace

struct MaskDecoder::Level {
  Size size;
  at::Tensor values;         // [B, N, C] features + level embedding
  at::Tensor keys;           // [B, N, C] values + positions
  at::Tensor mask_features;  // [B, N, C] at this level's size; without gradient
};

MaskDecoder::MaskDecoder(const MaskDecoderConfig& config) : config_(config) {
  validate(config);
  const int64_t c = config.hidden_dim;
  for (int64_t i = 0; i < config.layers; ++i) {
    DecoderLayer layer;
    layer.cross_attention = {c, config.heads};
    layer.self_attention = {c, config.heads};
    layer.cross_norm = layer.self_norm = layer.ffn_norm = {c};
    layer.linear1 = {c, config.ffn_dim};
    layer.linear2 = {config.ffn_dim, c};
    layers_.push_back(std::move(layer));
  }
  for (nn::PointwiseConv& projection : input_proj_) projection = {config.in_dim, c};
  decoder_norm_ = {c};
  mask_embed_ = nn::Mlp(c, c, config.mask_dim, 3);
  class_embed_ = nn::Mlp(c, c, config.embed_dim, 3);
  pooling_norm_ = {c};
  pooling_proj_ = {c, c};
}

void MaskDecoder::declare(nn::WeightTable& table, const std::string& prefix) {
  const std::string layers = prefix + ".transformer_";
  for (size_t i = 0; i < layers_.size(); ++i) {
    DecoderLayer& layer = layers_[i];
    const std::string index = "_layers." + std::to_string(i);
    layer.cross_attention.declare(table, layers + "cross_attention" + index + ".multihead_attn");
    layer.cross_norm.declare(table, layers + "cross_attention" + index + ".norm");
    layer.self_attention.declare(table, layers + "self_attention" + index + ".self_attn");
    layer.self_norm.declare(table, layers + "self_attention" + index + ".norm");
    layer.linear1.declare(table, layers + "ffn" + index + ".linear1");
    layer.linear2.declare(table, layers + "ffn" + index + ".linear2");
    layer.ffn_norm.declare(table, layers + "ffn" + index + ".norm");
  }
  const int64_t c = config_.hidden_dim;
  if (config_.in_dim != c) {
    for (size_t l = 0; l < input_proj_.size(); ++l) {
      input_proj_[l].declare(table, prefix + ".input_proj." + std::to_string(l));
    }
  }
  decoder_norm_.declare(table, prefix + ".decoder_norm");
  const auto embedding = nn::WeightRole::embedding;
  table.add(prefix + ".query_feat.weight", query_feat_, {config_.queries, c}, embedding);
  table.add(prefix + ".query_embed.weight", query_embed_, {config_.queries, c}, embedding);
  table.add(prefix + ".level_embed.weight", level_embed_, {kLevels, c}, embedding);
  mask_embed_.declare(table, prefix + ".mask_embed");
  pooling_norm_.declare(table, prefix + "._mask_pooling_proj.0");
  pooling_proj_.declare(table, prefix + "._mask_pooling_proj.1");
  class_embed_.declare(table, prefix + ".class_embed");
  table.add(prefix + ".logit_scale", logit_scale_, {});
}

void MaskDecoder::prepare() {}

std::array<MaskDecoder::Level, 3> MaskDecoder::levels(const PixelFeatures& features) const {
  const at::Tensor& masks = features.mask_features;
  check_shape("mask decoder: mask_features", masks, {kAny, kAny, kAny, config_.mask_dim});
  std::array<Level, 3> levels;
  for (int64_t l = 0; l < kLevels; ++l) {
    const at::Tensor& map = features.levels[l];
    check_shape("mask decoder: level " + std::to_string(l), map,
                {masks.size(0), kAny, kAny, config_.in_dim});
    Level& level = levels[l];
    level.size = size_of(map);
    const at::Tensor input = config_.in_dim == config_.hidden_dim ? map : input_proj_[l](map);
    level.values = input.flatten(1, 2) + level_embed_[l];
    level.keys =
        level.values + sine_positions(level.size, config_.hidden_dim, map.device()).flatten(0, 1);
    // Resizing is linear and acts on each channel alone, so that the product with the resized
    // features is the resized product: one resize a level instead of one a layer and query.
    level.mask_features = ops::resize_map(masks.detach(), level.size).flatten(1, 2);
  }
  return levels;
}

MaskPredictions MaskDecoder::predict(const at::Tensor& queries, const at::Tensor& mask_features,
                                     const Trace& trace, const std::string& name) const {
  const at::Tensor embedding = mask_embed_(queries);
  const ops::PooledMasks masks = ops::predict_and_pool_masks(embedding, mask_features);
  const at::Tensor classes = class_embed_(pooling_proj_(pooling_norm_(masks.pooled)) + queries);
  if (trace) {
    trace(name + ".mask_embed", embedding);
    trace(name + ".mask_pooled", masks.pooled);
    trace(name + ".class_embed", classes);
    trace(name + ".pred_masks", masks.mask_logits);
  }
  return {masks.mask_logits, classes};
}

at::Tensor MaskDecoder::update(int64_t index, const at::Tensor& queries, const Level& level,
                               const at::Tensor& blocked, const Trace& trace) const {
  const DecoderLayer& layer = layers_[index];
  const std::string name = "decoder.layer" + std::to_string(index);
  at::Tensor x =
      layer.cross_norm(queries + layer.cross_attention(queries + query_embed_, level.keys,
                                                       level.values, blocked.unsqueeze(1)));
  if (trace) {
    if (index < kLevels) trace(name + ".memory", reference_queries(level.values));
    trace(name + ".memory_mask", blocked.to(at::kByte).squeeze(0));
    trace(name + ".cross.out", reference_queries(x));
  }
  const at::Tensor placed = x + query_embed_;
  x = layer.self_norm(x + layer.self_attention(placed, placed, x));
  if (trace) trace(name + ".self.out", reference_queries(x));
  x = layer.ffn_norm(x + layer.linear2(at::relu(layer.linear1(x))));
  if (trace) trace(name + ".ffn.out", reference_queries(x));
  return x;
}

MaskPredictions MaskDecoder::predict_part(const at::Tensor& queries,
                                          const at::Tensor& mask_features,
                                          nn::Activations activations) const {
  const nn::Tensors out =
      nn::run_part(activations, {queries, mask_features}, [this](const nn::Tensors& in) {
        const MaskPredictions made = predict(in[0], in[1], {}, {});
        return nn::Tensors{made.mask_logits, made.class_embed};
      });
  return {out[0], out[1]};
}

at::Tensor MaskDecoder::update_part(int64_t index, const at::Tensor& queries, const Level& level,
                                    const at::Tensor& blocked, nn::Activations activations) const {
  return nn::run_part(activations, {queries, level.keys, level.values, blocked},
                      [this, index](const nn::Tensors& in) -> nn::Tensors {
                        return {update(index, in[0], {{}, in[2], in[1], {}}, in[3], {})};
                      })[0];
}

std::vector<MaskPredictions> MaskDecoder::run(const PixelFeatures& features, const Plan& plan,
                                              const Trace& trace) const {
  const std::array<Level, 3> scales = levels(features);
  at::Tensor queries = query_feat_.expand({features.mask_features.size(0), -1, -1});
  std::vector<MaskPredictions> predictions;
  for (int64_t i = 0; i <= config_.layers; ++i) {
    const std::string name = "decoder.heads" + std::to_string(i);
    const Level& level = scales[i % kLevels];
    const at::Tensor x = decoder_norm_(queries);
    if (plan.heads == Heads::all || i == config_.layers) {
      predictions.push_back(trace ? predict(x, features.mask_features, trace, name)
                                  : predict_part(x, features.mask_features, plan.activations));
    }
    if (i == config_.layers && !trace) break;
    at::Tensor blocked;
    if (trace) {  // as the reference does it, from the traced masks
      const at::Tensor logits =
          ops::resize_planes(predictions.back().mask_logits, level.size).flatten(2);
      trace(name + ".attn_mask", logits.lt(0).to(at::kByte).squeeze(0));
      blocked = ops::blocked_by_masks(logits);
    } else {
      const c10::AutoGradMode no_grad(false);
      blocked = ops::blocked_by_masks(at::bmm(mask_embed_(x), level.mask_features.transpose(1, 2)));
    }
    if (i == config_.layers) continue;
    queries = trace ? update(i, queries, level, blocked, trace)
                    : update_part(i, queries, level, blocked, plan.activations);
  }
  return predictions;
}

MaskPredictions MaskDecoder::forward(const PixelFeatures& features, const Trace& trace) const {
  return run(features, {trace ? Heads::all : Heads::last}, trace).back();
}

std::vector<MaskPredictions> MaskDecoder::forward_all(const PixelFeatures& features,
                                                      const Trace& trace,
                                                      nn::Activations activations) const {
  return run(features, {Heads::all, activations}, trace);
}

at::Tensor MaskDecoder::logit_scale() const {
  return logit_scale_.exp().clamp_max(100);
}

}  // namespace fcclip::head
