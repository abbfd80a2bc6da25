#pragma once
// Blocks written once for training and inference. Maps are channels last: [B, H, W, C].
// declare() adds a block's weights to a table under the checkpoint's names.

#include <string>

#include <ATen/core/Tensor.h>

#include "fcclip/nn/weights.h"
#include "fcclip/ops/group_norm.h"
#include "fcclip/ops/layer_weights.h"

namespace fcclip::nn {

/// y = x Wᵀ + b on the last axis. Checkpoint: <prefix>.weight [out, in], <prefix>.bias [out].
struct Linear {
  int64_t in = 0, out = 0;
  bool with_bias = true;
  at::Tensor weight, bias;
  /// Adds the weights above under their names.
  void declare(WeightTable& table, const std::string& prefix);
  at::Tensor operator()(const at::Tensor& x) const;
  ops::LinearWeights tensors() const { return {weight, bias}; }
};

/// A 1×1 convolution stored as [out, in, 1, 1]; the same product as Linear on [B, H, W, C].
struct PointwiseConv {
  int64_t in = 0, out = 0;
  bool with_bias = true;
  at::Tensor weight, bias;
  /// Adds the weights above under their names.
  void declare(WeightTable& table, const std::string& prefix);
  at::Tensor operator()(const at::Tensor& x) const;
};

/// k×k convolution, groups = 1, on [B, H, W, C]. Checkpoint weight [out, in, k, k].
struct Conv {
  int64_t in = 0, out = 0, kernel = 3, stride = 1, padding = 1;
  bool with_bias = true;
  at::Tensor weight, bias;
  /// Adds the weights above under their names.
  void declare(WeightTable& table, const std::string& prefix);
  at::Tensor operator()(const at::Tensor& x) const;
};

/// Over the last axis. Checkpoint: <prefix>.weight [channels], <prefix>.bias [channels].
struct LayerNorm {
  int64_t channels = 0;
  double eps = 1e-5;
  at::Tensor weight, bias;
  /// Adds the weights above under their names.
  void declare(WeightTable& table, const std::string& prefix);
  at::Tensor operator()(const at::Tensor& x) const;
  ops::LayerNormWeights tensors() const { return {weight, bias, eps}; }
};

/// Over (H, W, C/groups) of [B, H, W, C]. The reference uses 32 groups, eps 1e-5.
struct GroupNorm {
  int64_t channels = 0, groups = 32;
  double eps = 1e-5;
  at::Tensor weight, bias;
  /// Adds the weights above under their names.
  void declare(WeightTable& table, const std::string& prefix);
  at::Tensor operator()(const at::Tensor& x) const;
  ops::GroupNormWeights tensors() const { return {weight, bias, groups, eps}; }
};

/// torch.nn.MultiheadAttention's weights: <prefix>.in_proj_weight [3C, C], in_proj_bias,
/// out_proj.*.
struct MultiheadAttention {
  int64_t width = 0, heads = 1;
  at::Tensor in_weight, in_bias;
  Linear out_proj;
  /// Adds the weights above under their names.
  void declare(WeightTable& table, const std::string& prefix);
  /// query [B, Nq, C], key and value [B, Nk, C];
  /// blocked: undefined, or bool broadcastable to [B, heads, Nq, Nk], true where attention is not
  /// allowed. A query that may attend nowhere gives out_proj's bias. Where query and key are one
  /// tensor, both are one product.
  at::Tensor operator()(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                        const at::Tensor& blocked = {}) const;
};

/// Linear layers with ReLU between: <prefix>.layers.{i}. The reference's MLP of three layers.
struct Mlp {
  std::vector<Linear> layers;
  Mlp() = default;
  Mlp(int64_t in, int64_t hidden, int64_t out, int64_t depth);
  /// Adds the weights above under their names.
  void declare(WeightTable& table, const std::string& prefix);
  at::Tensor operator()(const at::Tensor& x) const;
};

}  // namespace fcclip::nn
