#include "fcclip/clip/resnet.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/core/check.h"

namespace fcclip::clip {
namespace {

constexpr double kBatchNormEps = 1e-5;
constexpr int64_t kBottleneckExpansion = 4;

}  // namespace

void ConvNorm::declare(nn::WeightTable& table, const std::string& conv, const std::string& norm) {
  table.add(conv + ".weight", weight, {out, in, kernel, kernel});
  table.add(norm + ".weight", norm_weight, {out}, nn::WeightRole::norm);
  table.add(norm + ".bias", norm_bias, {out}, nn::WeightRole::norm);
  table.add(norm + ".running_mean", running_mean, {out}, nn::WeightRole::statistic);
  table.add(norm + ".running_var", running_var, {out}, nn::WeightRole::statistic);
}

void ConvNorm::fold() {
  // In double, so that folding costs no accuracy beyond one rounding.
  const at::Tensor scale =
      norm_weight.to(at::kDouble) / (running_var.to(at::kDouble) + kBatchNormEps).sqrt();
  folded_weight = (weight.to(at::kDouble) * scale.view({-1, 1, 1, 1}))
                      .to(at::kFloat)
                      .contiguous(at::MemoryFormat::ChannelsLast);
  folded_bias = (norm_bias.to(at::kDouble) - running_mean.to(at::kDouble) * scale).to(at::kFloat);
}

at::Tensor ConvNorm::operator()(const at::Tensor& x, nn::Path path) const {
  const int64_t padding = kernel / 2;
  if (path == nn::Path::packed) {
    return at::conv2d(x, folded_weight, folded_bias, stride, padding);
  }
  const at::Tensor y = at::conv2d(x, weight, {}, stride, padding);
  return at::batch_norm(y, norm_weight, norm_bias, running_mean, running_var, false, 0.0,
                        kBatchNormEps, false);
}

Bottleneck::Bottleneck(int64_t in, int64_t width, int64_t stride)
    : conv1{in, width, 1},
      conv2{width, width, 3},
      conv3{width, width * kBottleneckExpansion, 1},
      downsample{in, width * kBottleneckExpansion, 1},
      stride(stride),
      has_downsample(stride > 1 || in != width * kBottleneckExpansion) {}

void Bottleneck::declare(nn::WeightTable& table, const std::string& prefix) {
  conv1.declare(table, prefix + ".conv1", prefix + ".bn1");
  conv2.declare(table, prefix + ".conv2", prefix + ".bn2");
  conv3.declare(table, prefix + ".conv3", prefix + ".bn3");
  if (has_downsample) {
    downsample.declare(table, prefix + ".downsample.0", prefix + ".downsample.1");
  }
}

void Bottleneck::fold() {
  conv1.fold();
  conv2.fold();
  conv3.fold();
  if (has_downsample) downsample.fold();
}

at::Tensor Bottleneck::operator()(const at::Tensor& x, nn::Path path) const {
  at::Tensor y = conv1(x, path).relu_();
  y = conv2(y, path).relu_();
  if (stride > 1) y = at::avg_pool2d(y, stride);
  y = conv3(y, path);
  if (!has_downsample) return y.add_(x).relu_();
  return y.add_(downsample(stride > 1 ? at::avg_pool2d(x, stride) : x, path)).relu_();
}

ResNet::ResNet(const ClipConfig& config)
    : conv1_{3, config.resnet.width / 2, 3, 2},
      conv2_{config.resnet.width / 2, config.resnet.width / 2, 3},
      conv3_{config.resnet.width / 2, config.resnet.width, 3},
      attnpool_(config.feature_channels().back(), config.resnet.heads, config.embed_dim,
                config.resnet.pool_grid) {
  int64_t in = config.resnet.width, width = config.resnet.width;
  for (size_t i = 0; i < config.resnet.layers.size(); ++i, width *= 2) {
    std::vector<Bottleneck>& layer = layers_.emplace_back();
    for (int64_t j = 0; j < config.resnet.layers[i]; ++j) {
      layer.emplace_back(in, width, i > 0 && j == 0 ? 2 : 1);
      in = width * kBottleneckExpansion;
    }
  }
}

void ResNet::declare(nn::WeightTable& table, const std::string& prefix) {
  conv1_.declare(table, prefix + ".conv1", prefix + ".bn1");
  conv2_.declare(table, prefix + ".conv2", prefix + ".bn2");
  conv3_.declare(table, prefix + ".conv3", prefix + ".bn3");
  for (size_t i = 0; i < layers_.size(); ++i) {
    for (size_t j = 0; j < layers_[i].size(); ++j) {
      layers_[i][j].declare(table,
                            prefix + ".layer" + std::to_string(i + 1) + "." + std::to_string(j));
    }
  }
  attnpool_.declare(table, prefix + ".attnpool");
}

void ResNet::prepare(const ops::Packing&) {
  const at::NoGradGuard no_grad;
  for (ConvNorm* conv : {&conv1_, &conv2_, &conv3_}) conv->fold();
  for (std::vector<Bottleneck>& layer : layers_) {
    for (Bottleneck& block : layer) block.fold();
  }
}

at::Tensor ResNet::stem(const at::Tensor& image, const Trace& trace, nn::Path path) const {
  const at::Tensor act1 = conv1_(image.permute({0, 3, 1, 2}), path).relu_();
  const at::Tensor act2 = conv2_(act1, path).relu_();
  const at::Tensor act3 = conv3_(act2, path).relu_();
  const at::Tensor pooled = at::avg_pool2d(act3, 2);
  if (trace) {
    trace("backbone.stem.act1", act1);
    trace("backbone.stem.act2", act2);
    trace("backbone.stem", act3);
    trace("backbone.stem.avgpool", pooled);
  }
  return pooled;
}

ClipFeatures ResNet::forward(const at::Tensor& image, const Trace& trace, const Tick& tick) const {
  const at::NoGradGuard no_grad;
  check_image(image);
  const nn::Path path = nn::choose_path(conv1_.folded_weight.defined(), trace);
  at::Tensor x = stem(image.contiguous(), trace, path);
  std::vector<at::Tensor> features;
  for (size_t i = 0; i < layers_.size(); ++i) {
    for (size_t j = 0; j < layers_[i].size(); ++j) {
      x = layers_[i][j](x, path);
      if (trace) trace("backbone.layer" + std::to_string(i + 1) + "." + std::to_string(j), x);
      if (tick) tick();
    }
    if (trace) trace("backbone.res" + std::to_string(i + 2), x);
    features.push_back(x.permute({0, 2, 3, 1}).contiguous());
  }
  return {features[0], features[1], features[2], features[3], features[3]};
}

at::Tensor ResNet::embed_masks(const at::Tensor& dense, const at::Tensor& mask_logits,
                               const Trace& trace) const {
  const at::NoGradGuard no_grad;
  const at::Tensor embedding = attnpool_(dense, mask_logits);
  if (trace) trace("classify.clip_embedding", embedding);
  return embedding;
}

}  // namespace fcclip::clip
