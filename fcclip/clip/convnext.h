#pragma once
// The ConvNeXt tower of open_clip's timm models.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/clip/image_tower.h"
#include "fcclip/clip/visual_head.h"
#include "fcclip/nn/layers.h"
#include "fcclip/nn/path.h"
#include "fcclip/ops/convnext_block.h"
#include "fcclip/ops/patch_conv.h"

namespace fcclip::clip {

/// x + γ · fc2(GELU(fc1(LayerNorm(depthwise 7×7 (x))))), on [B, H, W, C].
struct ConvNextBlock {
  int64_t channels = 0;
  at::Tensor depthwise_weight, depthwise_bias, gamma;
  nn::LayerNorm norm;
  nn::Linear fc1, fc2;
  ops::PackedConvNextBlock packed;  ///< set by prepare()
  ConvNextBlock(int64_t channels, double eps);
  void declare(nn::WeightTable& table, const std::string& prefix);
  void prepare(const ops::Packing& packing);
  /// ATen operations, differentiable. Trace names: <name>.conv_dw, <name>.norm, <name>.mlp.
  /// kept: undefined, or [B, 1, 1, 1] by which each picture's residual branch is multiplied.
  at::Tensor plain(const at::Tensor& x, const Trace& trace = {}, const std::string& name = {},
                   const at::Tensor& kept = {}) const;
};

/// LayerNorm and a 2×2 convolution of stride 2.
struct Downsample {
  nn::LayerNorm norm;
  nn::Conv conv;
  ops::PackedPatchConv packed;  ///< set by prepare()
  at::Tensor operator()(const at::Tensor& x, nn::Path path) const {
    return path == nn::Path::packed ? packed(x) : conv(norm(x));
  }
};

/// Blocks of one stride.
struct ConvNextStage {
  std::optional<Downsample> downsample;  ///< not in the first stage
  std::vector<ConvNextBlock> blocks;
};

/// ImageTower of this kind.
class ConvNext : public ImageTower {
 public:
  explicit ConvNext(const ClipConfig& config);
  void declare(nn::WeightTable& table, const std::string& prefix) override;
  void prepare(const ops::Packing& packing = {}) override;
  ClipFeatures forward(const at::Tensor& image, const Trace& trace = {},
                       const Tick& tick = {}) const override;
  at::Tensor embed_masks(const at::Tensor& dense, const at::Tensor& mask_logits,
                         const Trace& trace = {}) const override;

  /// forward() in differentiable ATen operations: what a gradient or a comparison needs.
  /// image [B, H, W, 3], as for forward().
  ClipFeatures forward_plain(const at::Tensor& image, const Trace& trace = {},
                             const TrainedTower& how = {}) const override;
  const VisualHead& visual_head() const override { return head_; }

 private:
  /// Of a stage, where plain() runs.
  struct PlainBlocks {
    std::span<const at::Tensor> kept;  ///< what residual branches are multiplied by; or empty
    nn::Activations activations = nn::Activations::kept;
  };
  ClipFeatures run(const at::Tensor& image, nn::Path path, const Trace& trace, const Tick& tick,
                   const TrainedTower& how = {}) const;
  /// What plain() multiplies by, of every block; empty where nothing is left out.
  std::vector<at::Tensor> kept_branches(const at::Tensor& image, const DropPath& drop) const;
  at::Tensor stem(const at::Tensor& image, const Trace& trace, nn::Path path) const;
  at::Tensor plain_blocks(size_t stage, at::Tensor x, const Trace& trace, const Tick& tick,
                          const PlainBlocks& how) const;
  at::Tensor packed_blocks(size_t stage, at::Tensor x, const Tick& tick) const;

  nn::Conv stem_conv_;
  nn::LayerNorm stem_norm_;
  ops::PackedPatchConv packed_stem_;
  std::vector<ConvNextStage> stages_;
  VisualHead head_;
};

}  // namespace fcclip::clip
