#include "fcclip/nn/layers.h"

#include <ATen/ATen.h>

#include "fcclip/nn/path.h"
#include "fcclip/ops/masked_attention.h"

namespace fcclip::nn {

void Linear::declare(WeightTable& table, const std::string& prefix) {
  table.add(prefix + ".weight", weight, {out, in});
  if (with_bias) table.add(prefix + ".bias", bias, {out});
}

at::Tensor Linear::operator()(const at::Tensor& x) const {
  return at::linear(x, weight, bias);
}

void PointwiseConv::declare(WeightTable& table, const std::string& prefix) {
  table.add(prefix + ".weight", weight, {out, in, 1, 1});
  if (with_bias) table.add(prefix + ".bias", bias, {out});
}

at::Tensor PointwiseConv::operator()(const at::Tensor& x) const {
  return at::linear(x, weight.view({out, in}), bias);
}

void Conv::declare(WeightTable& table, const std::string& prefix) {
  table.add(prefix + ".weight", weight, {out, in, kernel, kernel});
  if (with_bias) table.add(prefix + ".bias", bias, {out});
}

at::Tensor Conv::operator()(const at::Tensor& x) const {
  // [B, H, W, C] seen as a channels-last [B, C, H, W]: no copy on either side.
  const at::Tensor y = at::conv2d(x.permute({0, 3, 1, 2}), weight, bias, stride, padding);
  return y.permute({0, 2, 3, 1}).contiguous();
}

void LayerNorm::declare(WeightTable& table, const std::string& prefix) {
  table.add(prefix + ".weight", weight, {channels}, WeightRole::norm);
  table.add(prefix + ".bias", bias, {channels}, WeightRole::norm);
}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const {
  return at::layer_norm(x, {channels}, weight, bias, eps);
}

void GroupNorm::declare(WeightTable& table, const std::string& prefix) {
  table.add(prefix + ".weight", weight, {channels}, WeightRole::norm);
  table.add(prefix + ".bias", bias, {channels}, WeightRole::norm);
}

at::Tensor GroupNorm::operator()(const at::Tensor& x) const {
  const at::Tensor y = at::group_norm(x.permute({0, 3, 1, 2}), groups, weight, bias, eps);
  return y.permute({0, 2, 3, 1}).contiguous();
}

void MultiheadAttention::declare(WeightTable& table, const std::string& prefix) {
  table.add(prefix + ".in_proj_weight", in_weight, {3 * width, width});
  table.add(prefix + ".in_proj_bias", in_bias, {3 * width});
  out_proj.in = out_proj.out = width;  // not a new Linear: a second table must find the weights
  out_proj.declare(table, prefix + ".out_proj");
}

at::Tensor MultiheadAttention::operator()(const at::Tensor& query, const at::Tensor& key,
                                          const at::Tensor& value,
                                          const at::Tensor& blocked) const {
  // Parts of the stacked weight: 0 query, 1 key, 2 value.
  const auto project = [&](const at::Tensor& x, int64_t part, int64_t parts) {
    return at::linear(x, in_weight.narrow(0, part * width, parts * width),
                      in_bias.narrow(0, part * width, parts * width));
  };
  at::Tensor q, k;
  if (query.is_same(key)) {
    const at::Tensor both = project(query, 0, 2);
    q = both.narrow(-1, 0, width);
    k = both.narrow(-1, width, width);
  } else {
    q = project(query, 0, 1);
    // Packed: no bias, since it adds the same to all of a query's scores, which softmax does not
    // see; and keys side by side in memory, as the kernel reads them.
    k = choose_path(/*is_prepared=*/true) == Path::plain
            ? project(key, 1, 1)
            : at::matmul(in_weight.narrow(0, width, width), key.transpose(1, 2)).transpose(1, 2);
  }
  return out_proj(ops::masked_attention(q, k, project(value, 2, 1), heads, blocked));
}

Mlp::Mlp(int64_t in, int64_t hidden, int64_t out, int64_t depth) {
  for (int64_t i = 0; i < depth; ++i) {
    layers.push_back({i == 0 ? in : hidden, i == depth - 1 ? out : hidden});
  }
}

void Mlp::declare(WeightTable& table, const std::string& prefix) {
  for (size_t i = 0; i < layers.size(); ++i) {
    layers[i].declare(table, prefix + ".layers." + std::to_string(i));
  }
}

at::Tensor Mlp::operator()(const at::Tensor& x) const {
  at::Tensor y = x;
  for (size_t i = 0; i < layers.size(); ++i) {
    y = layers[i](y);
    if (i + 1 < layers.size()) y = at::relu(y);
  }
  return y;
}

}  // namespace fcclip::nn
