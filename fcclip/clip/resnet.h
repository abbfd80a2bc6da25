#pragma once
// CLIP's ModifiedResNet: a stem of three convolutions, average pooling instead of strides.

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/clip/attention_pool.h"
#include "fcclip/clip/image_tower.h"
#include "fcclip/nn/path.h"

namespace fcclip::clip {

/// A convolution without bias, then BatchNorm with its running statistics (eps 1e-5).
/// fold() turns both into one convolution with bias, the packed path.
struct ConvNorm {
  int64_t in = 0, out = 0, kernel = 1, stride = 1;
  /// [out, in, kernel, kernel], then [out] each.
  at::Tensor weight, norm_weight, norm_bias, running_mean, running_var;
  /// Of fold(): [out, in, kernel, kernel] and [out].
  at::Tensor folded_weight, folded_bias;
  /// Under two names: of the convolution and of its norm.
  void declare(nn::WeightTable& table, const std::string& conv, const std::string& norm);
  void fold();
  /// x [B, C, H, W] in channels-last memory, as are the results.
  at::Tensor operator()(const at::Tensor& x, nn::Path path) const;
};

/// Three convolutions and a way round them.
struct Bottleneck {
  ConvNorm conv1, conv2, conv3, downsample;
  int64_t stride = 1;
  bool has_downsample = false;
  Bottleneck(int64_t in, int64_t width, int64_t stride);
  void declare(nn::WeightTable& table, const std::string& prefix);
  void fold();
  at::Tensor operator()(const at::Tensor& x, nn::Path path) const;
};

/// ImageTower of this kind.
class ResNet : public ImageTower {
 public:
  explicit ResNet(const ClipConfig& config);
  void declare(nn::WeightTable& table, const std::string& prefix) override;
  void prepare(const ops::Packing& packing = {}) override;  ///< its convolutions stay float32
  ClipFeatures forward(const at::Tensor& image, const Trace& trace = {},
                       const Tick& tick = {}) const override;
  at::Tensor embed_masks(const at::Tensor& dense, const at::Tensor& mask_logits,
                         const Trace& trace = {}) const override;

 private:
  at::Tensor stem(const at::Tensor& image, const Trace& trace, nn::Path path) const;

  ConvNorm conv1_, conv2_, conv3_;
  std::vector<std::vector<Bottleneck>> layers_;
  AttentionPool attnpool_;
};

}  // namespace fcclip::clip
