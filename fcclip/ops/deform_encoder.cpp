#include "fcclip/ops/deform_encoder.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/deform_levels.h"
#include "fcclip/ops/dispatch.h"

namespace fcclip::ops {
namespace {

void check_linear(const char* what, const LinearWeights& linear, int64_t in, int64_t out) {
  check_shape(what, linear.weight, {out, in});
  check_dtype(what, linear.weight, at::kFloat);
  check_shape(what, linear.bias, {out});
}

void check_layer(const DeformEncoderShape& shape, const DeformLayerWeights& layer) {
  check_shape("deformable encoder: value", layer.value.weight, {kAny, kAny});
  const int64_t width = layer.value.weight.size(0);
  const int64_t samples = shape.heads * shape.levels * shape.points;
  check_linear("deformable encoder: value", layer.value, width, width);
  check_linear("deformable encoder: output", layer.output, width, width);
  check_linear("deformable encoder: offsets", layer.sampling_offsets, width, 2 * samples);
  check_linear("deformable encoder: weights", layer.attention_weights, width, samples);
  check_shape("deformable encoder: linear1", layer.linear1.weight, {kAny, width});
  const int64_t hidden = layer.linear1.weight.size(0);
  check_linear("deformable encoder: linear1", layer.linear1, width, hidden);
  check_linear("deformable encoder: linear2", layer.linear2, hidden, width);
  for (const LayerNormWeights* norm : {&layer.norm1, &layer.norm2}) {
    check_shape("deformable encoder: norm", norm->weight, {width});
    check_shape("deformable encoder: norm", norm->bias, {width});
  }
}

// x is rounded as the weight was.
at::Tensor linear_of(const LinearWeights& linear, const at::Tensor& x) {
  return at::linear(x.to(linear.weight.scalar_type()), linear.weight.detach(),
                    linear.bias.detach());
}

LinearWeights rounded_linear(const LinearWeights& linear, at::ScalarType type) {
  return {linear.weight.detach().to(type), linear.bias.detach().to(type)};
}

// Where to look and how much of it counts stays float32.
DeformLayerWeights rounded_layer(const DeformLayerWeights& layer, at::ScalarType type) {
  DeformLayerWeights rounded = layer;
  for (LinearWeights DeformLayerWeights::*product :
       {&DeformLayerWeights::value, &DeformLayerWeights::output, &DeformLayerWeights::linear1,
        &DeformLayerWeights::linear2}) {
    rounded.*product = rounded_linear(layer.*product, type);
  }
  return rounded;
}

at::Tensor norm_of(const LayerNormWeights& norm, const at::Tensor& x) {
  return at::layer_norm(x, {x.size(-1)}, norm.weight.detach(), norm.bias.detach(), norm.eps);
}

at::Tensor plain_layer(const DeformEncoderShape& shape, const DeformLayerWeights& layer,
                       const at::Tensor& tokens, const at::Tensor& positions,
                       at::ArrayRef<Size> levels) {
  const int64_t count = tokens.size(0);
  const at::Tensor query = tokens + positions;
  const at::Tensor offsets = linear_of(layer.sampling_offsets, query)
                                 .view({1, count, shape.heads, shape.levels, shape.points, 2});
  const at::Tensor logits =
      linear_of(layer.attention_weights, query).view({1, count, shape.heads, -1});
  const at::Tensor weights = at::softmax(logits, -1).unflatten(-1, {shape.levels, shape.points});
  const at::Tensor value = linear_of(layer.value, tokens).view({1, count, shape.heads, -1});
  const at::Tensor mixed =
      deform_attention(value, levels, deform_locations(offsets, levels), weights)[0];
  const at::Tensor x = norm_of(layer.norm1, tokens + linear_of(layer.output, mixed));
  const at::Tensor hidden = at::relu(linear_of(layer.linear1, x));
  return norm_of(layer.norm2, x + linear_of(layer.linear2, hidden));
}

}  // namespace

RunDeformEncoder plain_deform_encoder(const DeformEncoderShape& shape,
                                      const std::vector<DeformLayerWeights>& given) {
  std::vector<DeformLayerWeights> layers = given;
  if (const at::ScalarType type = dtype_of(shape.products); type != at::kFloat) {
    for (DeformLayerWeights& layer : layers) layer = rounded_layer(layer, type);
  }
  return [shape, layers](const at::Tensor& tokens, const at::Tensor& positions,
                         at::ArrayRef<Size> levels) {
    at::Tensor x = tokens;
    for (const DeformLayerWeights& layer : layers) {
      x = plain_layer(shape, layer, x, positions, levels);
    }
    if (!x.is_same(tokens)) tokens.copy_(x);
  };
}

PackedDeformEncoder::PackedDeformEncoder(const DeformEncoderShape& shape,
                                         const std::vector<DeformLayerWeights>& layers)
    : shape_(shape) {
  for (const DeformLayerWeights& layer : layers) check_layer(shape, layer);
  const auto pack =
      layers.empty() ? nullptr : own(&Implementation::pack_deform_encoder, layers[0].value.weight);
  run_ = (pack ? pack : plain_deform_encoder)(shape, layers);
}

void PackedDeformEncoder::operator()(const at::Tensor& tokens, const at::Tensor& positions,
                                     at::ArrayRef<Size> levels) const {
  check_shape("deformable encoder: tokens", tokens, {deform_positions(levels), kAny});
  check_dense("deformable encoder: tokens", tokens, tokens.device());
  check_shape("deformable encoder: positions", positions, tokens.sizes());
  check_dense("deformable encoder: positions", positions, tokens.device());
  if (static_cast<int64_t>(levels.size()) != shape_.levels || tokens.size(1) % shape_.heads != 0) {
    fail(ErrorCode::shape_mismatch, "deformable encoder: expected ", shape_.levels,
         " levels and channels for ", shape_.heads, " heads, got ", levels.size(), " and ",
         tokens.size(1));
  }
  run_(tokens, positions, levels);
}

}  // namespace fcclip::ops
