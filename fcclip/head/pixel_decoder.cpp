#include "fcclip/head/pixel_decoder.h"

#include <ATen/ATen.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include "fcclip/core/check.h"
#include "fcclip/head/position_encoding.h"
#include "fcclip/nn/path.h"
#include "fcclip/ops/resize.h"

namespace fcclip::head {
namespace {

void trace_map(const Trace& trace, const std::string& name, const at::Tensor& map) {
  if (trace) trace(name, reference_layout(map));
}

}  // namespace

PixelDecoder::PixelDecoder(const PixelDecoderConfig& config)
    : config_((validate(config), config)), encoder_(config) {
  const int64_t width = config.conv_dim;
  const nn::GroupNorm norm = {width, config.norm_groups};
  for (size_t i = 0; i < 3; ++i) {
    input_proj_[i] = {config.in_channels[3 - i], width};
    input_norm_[i] = norm;
  }
  adapter_ = {config.in_channels[0], width, false};
  layer_1_.in = layer_1_.out = width;
  layer_1_.with_bias = false;
  adapter_norm_ = layer_1_norm_ = norm;
  mask_features_ = {width, config.mask_dim};
}

void PixelDecoder::declare(nn::WeightTable& table, const std::string& prefix) {
  for (size_t i = 0; i < 3; ++i) {
    const std::string name = prefix + ".input_proj." + std::to_string(i);
    input_proj_[i].declare(table, name + ".0");
    input_norm_[i].declare(table, name + ".1");
  }
  // A plain parameter of the reference, not an embedding layer: it has weight decay.
  table.add(prefix + ".transformer.level_embed", level_embed_, {3, config_.conv_dim});
  encoder_.declare(table, prefix + ".transformer.encoder");
  mask_features_.declare(table, prefix + ".mask_features");
  adapter_.declare(table, prefix + ".adapter_1");
  adapter_norm_.declare(table, prefix + ".adapter_1.norm");
  layer_1_.declare(table, prefix + ".layer_1");
  layer_1_norm_.declare(table, prefix + ".layer_1.norm");
}

void PixelDecoder::prepare(const ops::Packing& packing) {
  encoder_.prepare(packing.of("encoder").products);
  layer_1_packed_ = ops::PackedConv3x3(layer_1_.weight, packing.of("pyramid").products);
}

void PixelDecoder::check(const BackboneFeatures& features) const {
  const at::Tensor* maps[4] = {&features.res2, &features.res3, &features.res4, &features.res5};
  for (size_t i = 0; i < 4; ++i) {
    const int64_t batch = i == 0 ? kAny : features.res2.size(0);
    check_shape("pixel decoder: res" + std::to_string(i + 2), *maps[i],
                {batch, kAny, kAny, config_.in_channels[i]});
    if (maps[i]->numel() == 0) {
      fail(ErrorCode::shape_mismatch, "pixel decoder: res", i + 2,
           " is empty: ", shape_string(maps[i]->sizes()));
    }
  }
}

// [S, C]: sine positions and the embedding of their level.
at::Tensor PixelDecoder::positions(const Sizes& sizes, const Trace& trace) const {
  std::vector<at::Tensor> levels;
  for (size_t i = 0; i < 3; ++i) {
    const at::Tensor map = sine_positions(sizes[i], config_.conv_dim, level_embed_.device());
    trace_map(trace, "pixel_decoder.pos." + std::to_string(i), map.unsqueeze(0));
    levels.push_back(map.flatten(0, 1) + level_embed_[static_cast<int64_t>(i)]);
  }
  return at::cat(levels);
}

PixelFeatures PixelDecoder::forward(const BackboneFeatures& features, const Trace& trace,
                                    nn::Activations activations) const {
  check(features);
  const c10::impl::ExcludeDispatchKeyGuard full_precision(c10::autocast_dispatch_keyset);
  const Maps maps = {features.res5.to(at::kFloat), features.res4.to(at::kFloat),
                     features.res3.to(at::kFloat)};
  const at::Tensor res2 = features.res2.to(at::kFloat);
  const nn::Path path = nn::choose_path(layer_1_packed_.defined(), trace);
  return path == nn::Path::packed ? packed(maps, res2) : plain(maps, res2, trace, activations);
}

// [B, S, C]: all levels' maps one after another.
at::Tensor PixelDecoder::plain_projections(const Maps& maps, const Trace& trace) const {
  std::vector<at::Tensor> flat;
  for (size_t i = 0; i < 3; ++i) {
    const at::Tensor map = input_norm_[i](input_proj_[i](maps[i]));
    trace_map(trace, "pixel_decoder.input_proj." + std::to_string(i), map);
    flat.push_back(map.flatten(1, 2));
  }
  return at::cat(flat, 1);
}

at::Tensor PixelDecoder::plain_pyramid(const at::Tensor& res2, const at::Tensor& finest,
                                       const Trace& trace) const {
  const at::Tensor lateral = adapter_norm_(adapter_(res2));
  const at::Tensor sum = lateral + ops::resize_map(finest, {res2.size(1), res2.size(2)});
  const at::Tensor layer_1 = at::relu(layer_1_norm_(layer_1_(sum.contiguous())));
  const at::Tensor mask_features = mask_features_(layer_1);
  if (trace) {
    trace_map(trace, "pixel_decoder.adapter_1", lateral);
    trace_map(trace, "pixel_decoder.layer_1", layer_1);
    trace_map(trace, "pixel_decoder.mask_features", mask_features);
  }
  return mask_features;
}

PixelFeatures PixelDecoder::plain(const Maps& maps, const at::Tensor& res2, const Trace& trace,
                                  nn::Activations activations) const {
  const auto project = [this, trace](const nn::Tensors& in) -> nn::Tensors {
    return {plain_projections({in[0], in[1], in[2]}, trace)};
  };
  const auto pyramid = [this, trace](const nn::Tensors& in) -> nn::Tensors {
    return {plain_pyramid(in[0], in[1], trace)};
  };
  const Sizes sizes = {size_of(maps[0]), size_of(maps[1]), size_of(maps[2])};
  const at::Tensor position = positions(sizes, trace);
  const at::Tensor projected = nn::run_part(activations, {maps[0], maps[1], maps[2]}, project)[0];
  const at::Tensor tokens = encoder_.plain(projected, position, sizes, trace, activations);
  PixelFeatures out;
  std::vector<int64_t> shapes, starts;
  int64_t start = 0;
  for (size_t i = 0; i < 3; ++i) {
    const auto [height, width] = sizes[i];
    out.levels[i] =
        tokens.narrow(1, start, height * width).unflatten(1, {height, width}).contiguous();
    trace_map(trace, "pixel_decoder.multi_scale." + std::to_string(i), out.levels[i]);
    shapes.insert(shapes.end(), {height, width});
    starts.push_back(start);
    start += height * width;
  }
  out.mask_features = nn::run_part(activations, {res2, out.levels[2]}, pyramid)[0];
  if (trace) {
    trace("pixel_decoder.encoder.spatial_shapes", at::tensor(shapes).view({3, 2}));
    trace("pixel_decoder.encoder.level_start_index", at::tensor(starts));
    trace("pixel_decoder.encoder.pos", position.unsqueeze(0));
    trace("pixel_decoder.encoder.out", tokens);
  }
  return out;
}

}  // namespace fcclip::head
