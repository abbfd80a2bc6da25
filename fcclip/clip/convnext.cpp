#include "fcclip/clip/convnext.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/ops/depthwise.h"

namespace fcclip::clip {
namespace {

constexpr int64_t kDepthwise = 7;
constexpr int64_t kExpansion = 4;

ops::ChannelNorm channel_norm(const nn::LayerNorm& norm) {
  return {norm.weight, norm.bias, norm.eps};
}

}  // namespace

ConvNextBlock::ConvNextBlock(int64_t channels, double eps)
    : channels(channels),
      norm{channels, eps},
      fc1{channels, channels * kExpansion},
      fc2{channels * kExpansion, channels} {}

void ConvNextBlock::declare(nn::WeightTable& table, const std::string& prefix) {
  table.add(prefix + ".gamma", gamma, {channels});
  table.add(prefix + ".conv_dw.weight", depthwise_weight, {channels, 1, kDepthwise, kDepthwise});
  table.add(prefix + ".conv_dw.bias", depthwise_bias, {channels});
  norm.declare(table, prefix + ".norm");
  fc1.declare(table, prefix + ".mlp.fc1");
  fc2.declare(table, prefix + ".mlp.fc2");
}

void ConvNextBlock::prepare() {
  packed = ops::PackedConvNextBlock({depthwise_weight, depthwise_bias, norm.weight, norm.bias,
                                     fc1.weight, fc1.bias, fc2.weight, fc2.bias, gamma, norm.eps});
}

at::Tensor ConvNextBlock::plain(const at::Tensor& x, const Trace& trace,
                                const std::string& name) const {
  const at::Tensor convolved = ops::depthwise7(x, depthwise_weight, depthwise_bias);
  const at::Tensor normed = norm(convolved);
  const at::Tensor mixed = fc2(nn::activate(nn::Activation::gelu, fc1(normed)));
  if (trace) {
    trace(name + ".conv_dw", reference_layout(convolved));
    trace(name + ".norm", normed);
    trace(name + ".mlp", mixed);
  }
  return x + gamma * mixed;
}

ConvNext::ConvNext(const ClipConfig& config) {
  const ConvNextConfig& sizes = config.convnext;
  stem_conv_ = nn::Conv{3, sizes.dims[0], 4, 4, 0};
  stem_norm_ = nn::LayerNorm{sizes.dims[0], sizes.norm_eps};
  for (size_t i = 0; i < sizes.dims.size(); ++i) {
    ConvNextStage& stage = stages_.emplace_back();
    if (i > 0) {
      stage.downsample = Downsample{nn::LayerNorm{sizes.dims[i - 1], sizes.norm_eps},
                                    nn::Conv{sizes.dims[i - 1], sizes.dims[i], 2, 2, 0}};
    }
    for (int64_t j = 0; j < sizes.depths[i]; ++j) {
      stage.blocks.emplace_back(sizes.dims[i], sizes.norm_eps);
    }
  }
  head_ = VisualHead(sizes, sizes.dims.back(), config.embed_dim);
}

void ConvNext::declare(nn::WeightTable& table, const std::string& prefix) {
  const std::string trunk = prefix + ".trunk";
  stem_conv_.declare(table, trunk + ".stem.0");
  stem_norm_.declare(table, trunk + ".stem.1");
  for (size_t i = 0; i < stages_.size(); ++i) {
    const std::string name = trunk + ".stages." + std::to_string(i);
    if (stages_[i].downsample) {
      stages_[i].downsample->norm.declare(table, name + ".downsample.0");
      stages_[i].downsample->conv.declare(table, name + ".downsample.1");
    }
    for (size_t j = 0; j < stages_[i].blocks.size(); ++j) {
      stages_[i].blocks[j].declare(table, name + ".blocks." + std::to_string(j));
    }
  }
  head_.declare(table, prefix);
}

void ConvNext::prepare() {
  if (!stem_conv_.weight.is_cpu()) return;
  packed_stem_ = ops::PackedPatchConv(stem_conv_.weight, stem_conv_.bias, std::nullopt,
                                      channel_norm(stem_norm_));
  for (ConvNextStage& stage : stages_) {
    if (stage.downsample) {
      Downsample& down = *stage.downsample;
      down.packed = ops::PackedPatchConv(down.conv.weight, down.conv.bias, channel_norm(down.norm),
                                         std::nullopt);
    }
    for (ConvNextBlock& block : stage.blocks) block.prepare();
  }
}

at::Tensor ConvNext::stem(const at::Tensor& image, const Trace& trace, bool fast) const {
  const bool packed = fast && packed_stem_.defined();
  const at::Tensor convolved = !packed || trace ? stem_conv_(image) : at::Tensor();
  const at::Tensor normed = packed ? packed_stem_(image) : stem_norm_(convolved);
  if (trace) {
    trace("backbone.stem.conv", reference_layout(convolved));
    trace("backbone.stem", reference_layout(normed));
  }
  return normed;
}

at::Tensor ConvNext::run_blocks(size_t stage, at::Tensor x, bool fast, const Trace& trace,
                                const Tick& tick) const {
  const std::vector<ConvNextBlock>& blocks = stages_[stage].blocks;
  const std::string name = "backbone.stage" + std::to_string(stage);
  // Two maps are enough for a stage, unless somebody keeps those in between.
  at::Tensor next;
  for (size_t j = 0; j < blocks.size(); ++j) {
    const ConvNextBlock& block = blocks[j];
    const std::string block_name = name + ".block" + std::to_string(j);
    if (!fast || !block.packed.defined()) {
      x = block.plain(x, trace, block_name);
    } else {
      // What happens inside a packed block is never in memory: recomputed for those who ask.
      if (trace) block.plain(x, trace, block_name);
      if (trace || !next.defined()) next = at::empty_like(x);
      block.packed.run(x, next);
      std::swap(x, next);
    }
    if (trace) trace(block_name, reference_layout(x));
    if (tick) tick();
  }
  return x;
}

ClipFeatures ConvNext::run(const at::Tensor& image, bool fast, const Trace& trace,
                           const Tick& tick) const {
  check_image(image);
  at::Tensor x = stem(image, trace, fast);
  std::vector<at::Tensor> features;
  for (size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i].downsample) {
      x = (*stages_[i].downsample)(x, fast);
      if (trace) trace("backbone.stage" + std::to_string(i) + ".downsample", reference_layout(x));
    }
    x = run_blocks(i, x, fast, trace, tick);
    if (trace) trace("backbone.res" + std::to_string(i + 2), reference_layout(x));
    features.push_back(x);
  }
  // clip_vis_dense is trunk.norm_pre(res5), which is the identity in these models.
  return {features[0], features[1], features[2], features[3], features[3]};
}

ClipFeatures ConvNext::forward(const at::Tensor& image, const Trace& trace,
                               const Tick& tick) const {
  const at::NoGradGuard no_grad;
  return run(image, true, trace, tick);
}

ClipFeatures ConvNext::forward_plain(const at::Tensor& image, const Trace& trace) const {
  return run(image, false, trace, {});
}

at::Tensor ConvNext::embed_masks(const at::Tensor& dense, const at::Tensor& mask_logits,
                                 const Trace& trace) const {
  const at::NoGradGuard no_grad;
  const at::Tensor pooled = masked_mean(dense, mask_logits);
  if (trace) trace("classify.pooled_clip_feature", pooled);
  const at::Tensor embedding = head_(pooled, trace);
  if (trace) trace("classify.clip_embedding", embedding);
  return embedding;
}

}  // namespace fcclip::clip
