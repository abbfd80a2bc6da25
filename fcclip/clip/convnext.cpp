#include "fcclip/clip/convnext.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/core/random.h"
#include "fcclip/ops/depthwise.h"
#include "fcclip/ops/host.h"
#include "fcclip/ops/mask_pool.h"

namespace fcclip::clip {
namespace {

constexpr int64_t kDepthwise = 7;
constexpr int64_t kExpansion = 4;

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

void ConvNextBlock::prepare(const ops::Packing& packing) {
  packed = ops::PackedConvNextBlock({depthwise_weight, depthwise_bias, norm.tensors(),
                                     fc1.tensors(), fc2.tensors(), gamma, packing});
}

at::Tensor ConvNextBlock::plain(const at::Tensor& x, const Trace& trace, const std::string& name,
                                const at::Tensor& kept) const {
  const at::Tensor convolved = ops::depthwise7(x, depthwise_weight, depthwise_bias);
  const at::Tensor normed = norm(convolved);
  const at::Tensor mixed = fc2(at::gelu(fc1(normed)));
  if (trace) {
    trace(name + ".conv_dw", reference_layout(convolved));
    trace(name + ".norm", normed);
    trace(name + ".mlp", mixed);
  }
  return kept.defined() ? x + kept * (gamma * mixed) : x + gamma * mixed;
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

void ConvNext::prepare(const ops::Packing& packing) {
  packed_stem_ = ops::PackedPatchConv(
      {stem_conv_.weight, stem_conv_.bias, std::nullopt, stem_norm_.tensors(), packing.of("stem")});
  for (size_t i = 0; i < stages_.size(); ++i) {
    const std::string number = std::to_string(i);
    if (stages_[i].downsample) {
      Downsample& down = *stages_[i].downsample;
      down.packed = ops::PackedPatchConv({down.conv.weight, down.conv.bias, down.norm.tensors(),
                                          std::nullopt, packing.of("downsample" + number)});
    }
    for (ConvNextBlock& block : stages_[i].blocks) block.prepare(packing.of("stage" + number));
  }
}

at::Tensor ConvNext::stem(const at::Tensor& image, const Trace& trace, nn::Path path) const {
  if (path == nn::Path::packed) return packed_stem_(image);
  const at::Tensor convolved = stem_conv_(image), normed = stem_norm_(convolved);
  if (trace) {
    trace("backbone.stem.conv", reference_layout(convolved));
    trace("backbone.stem", reference_layout(normed));
  }
  return normed;
}

std::vector<at::Tensor> ConvNext::kept_branches(const at::Tensor& image,
                                                const DropPath& drop) const {
  if (drop.rate <= 0) return {};
  int64_t count = 0;
  for (const ConvNextStage& stage : stages_) count += std::ssize(stage.blocks);
  Random random(drop.seed, drop.index);
  std::vector<at::Tensor> all;
  for (int64_t block = 0; block < count; ++block) {
    const double share = drop.rate * static_cast<double>(block) / std::max<int64_t>(count - 1, 1);
    std::vector<float> factors;
    for (int64_t picture = 0; picture < image.size(0); ++picture) {
      factors.push_back(random.chance(share) ? 0.0f : static_cast<float>(1 / (1 - share)));
    }
    all.push_back(
        ops::on_device(at::tensor(factors, at::kFloat).view({-1, 1, 1, 1}), image.device()));
  }
  return all;
}

at::Tensor ConvNext::plain_blocks(size_t stage, at::Tensor x, const Trace& trace, const Tick& tick,
                                  const PlainBlocks& how) const {
  const std::string name = "backbone.stage" + std::to_string(stage);
  const std::vector<ConvNextBlock>& blocks = stages_[stage].blocks;
  for (size_t j = 0; j < blocks.size(); ++j) {
    const std::string block_name = name + ".block" + std::to_string(j);
    const at::Tensor kept = how.kept.empty() ? at::Tensor() : how.kept[j];
    const auto block = [&blocks, j, trace, block_name, kept](const nn::Tensors& in) -> nn::Tensors {
      return {blocks[j].plain(in[0], trace, block_name, kept)};
    };
    x = nn::run_part(how.activations, {x}, block)[0];
    if (trace) trace(block_name, reference_layout(x));
    if (tick) tick();
  }
  return x;
}

// Two maps are enough for a stage.
at::Tensor ConvNext::packed_blocks(size_t stage, at::Tensor x, const Tick& tick) const {
  at::Tensor next;
  for (const ConvNextBlock& block : stages_[stage].blocks) {
    if (!next.defined()) next = at::empty_like(x);
    block.packed.run(x, next);
    std::swap(x, next);
    if (tick) tick();
  }
  return x;
}

ClipFeatures ConvNext::run(const at::Tensor& image, nn::Path path, const Trace& trace,
                           const Tick& tick, const TrainedTower& how) const {
  check_image(image);
  const std::vector<at::Tensor> kept = kept_branches(image, how.drop);
  size_t block = 0;
  at::Tensor x = stem(image, trace, path);
  std::vector<at::Tensor> features;
  for (size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i].downsample) {
      x = (*stages_[i].downsample)(x, path);
      if (trace) trace("backbone.stage" + std::to_string(i) + ".downsample", reference_layout(x));
    }
    const size_t blocks = stages_[i].blocks.size();
    const std::span<const at::Tensor> own =
        kept.empty() ? std::span<const at::Tensor>() : std::span(kept).subspan(block, blocks);
    block += blocks;
    x = path == nn::Path::packed ? packed_blocks(i, x, tick)
                                 : plain_blocks(i, x, trace, tick, {own, how.activations});
    if (trace) trace("backbone.res" + std::to_string(i + 2), reference_layout(x));
    features.push_back(x);
  }
  // clip_vis_dense is trunk.norm_pre(res5), which is the identity in these models.
  return {features[0], features[1], features[2], features[3], features[3]};
}

ClipFeatures ConvNext::forward(const at::Tensor& image, const Trace& trace,
                               const Tick& tick) const {
  const at::NoGradGuard no_grad;
  return run(image, nn::choose_path(packed_stem_.defined(), trace), trace, tick);
}

ClipFeatures ConvNext::forward_plain(const at::Tensor& image, const Trace& trace,
                                     const TrainedTower& how) const {
  return run(image, nn::Path::plain, trace, {}, how);
}

at::Tensor ConvNext::embed_masks(const at::Tensor& dense, const at::Tensor& mask_logits,
                                 const Trace& trace) const {
  const at::NoGradGuard no_grad;
  const at::Tensor pooled = ops::mask_pool(dense, mask_logits);
  if (trace) trace("classify.pooled_clip_feature", pooled);
  const at::Tensor embedding = head_(pooled, trace);
  if (trace) trace("classify.clip_embedding", embedding);
  return embedding;
}

}  // namespace fcclip::clip
