#include "fcclip/clip/visual_head.h"

#include <ATen/ATen.h>

namespace fcclip::clip {

VisualHead::VisualHead(const ConvNextConfig& config, int64_t channels, int64_t embed_dim)
    : kind_(config.head), norm_{channels, config.norm_eps} {
  if (kind_ == HeadKind::linear) {
    proj_ = nn::Linear{channels, embed_dim, false};
  } else {
    fc1_ = nn::Linear{channels, config.head_hidden};
    fc2_ = nn::Linear{config.head_hidden, embed_dim, false};
  }
}

void VisualHead::declare(nn::WeightTable& table, const std::string& prefix) {
  norm_.declare(table, prefix + ".trunk.head.norm");
  if (kind_ == HeadKind::linear) {
    proj_.declare(table, prefix + ".head.proj");
  } else {
    fc1_.declare(table, prefix + ".head.mlp.fc1");
    fc2_.declare(table, prefix + ".head.mlp.fc2");
  }
}

at::Tensor VisualHead::operator()(const at::Tensor& pooled, const Trace& trace) const {
  const at::Tensor normed = norm(pooled);
  if (trace) trace("classify.visual_head.trunk_head", normed.flatten(0, -2));
  return project(normed, trace);
}

at::Tensor VisualHead::project(const at::Tensor& normed, const Trace& trace) const {
  if (kind_ == HeadKind::linear) return proj_(normed);
  const at::Tensor hidden = fc1_(normed);
  if (trace) trace("classify.visual_head.fc1", hidden.flatten(0, -2));
  return fc2_(at::gelu(hidden));
}

}  // namespace fcclip::clip
