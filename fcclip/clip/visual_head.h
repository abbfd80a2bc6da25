#pragma once
// From pooled ConvNeXt features to CLIP embeddings: `visual.trunk.head` and `visual.head`.

#include <string>

#include <ATen/core/Tensor.h>

#include "fcclip/clip/config.h"
#include "fcclip/core/trace.h"
#include "fcclip/nn/layers.h"
#include "fcclip/nn/weights.h"

namespace fcclip::clip {

/// LayerNorm (`trunk.head.norm`; its pooling over a 1×1 map is the identity), then `head.proj`
/// without bias (HeadKind::linear) or `head.mlp.fc1`, GELU, `head.mlp.fc2` without bias
/// (HeadKind::mlp).
class VisualHead {
 public:
  VisualHead() = default;
  /// channels: of the pooled feature; embed_dim: D.
  VisualHead(const ConvNextConfig& config, int64_t channels, int64_t embed_dim);
  /// prefix: "backbone.clip_model.visual".
  void declare(nn::WeightTable& table, const std::string& prefix);
  /// project(norm(pooled)): [..., C] -> [..., D], not normalised.
  /// Trace names: "classify.visual_head.trunk_head", ".fc1".
  at::Tensor operator()(const at::Tensor& pooled, const Trace& trace = {}) const;
  /// The LayerNorm alone: [..., C] -> [..., C].
  at::Tensor norm(const at::Tensor& pooled) const { return norm_(pooled); }
  /// What follows it: [..., C] -> [..., D].
  at::Tensor project(const at::Tensor& normed, const Trace& trace = {}) const;

 private:
  HeadKind kind_ = HeadKind::mlp;
  nn::LayerNorm norm_;
  nn::Linear proj_, fc1_, fc2_;
};

}  // namespace fcclip::clip
