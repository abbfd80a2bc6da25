#pragma once
// Multi-scale deformable attention over res3 … res5, then a feature pyramid down to stride 4
// (model section 4; the reference's MSDeformAttnPixelDecoder).

#include <array>

#include <ATen/core/Tensor.h>

#include "fcclip/core/trace.h"
#include "fcclip/head/config.h"
#include "fcclip/nn/layers.h"
#include "fcclip/nn/weights.h"

namespace fcclip::head {

/// Inputs, [B, H/s, W/s, C_s] at strides 4, 8, 16, 32. `head` does not know `clip`: the segmenter copies.
struct BackboneFeatures {
  at::Tensor res2, res3, res4, res5;
};

struct PixelFeatures {
  at::Tensor mask_features;             ///< [B, H/4, W/4, mask_dim]
  std::array<at::Tensor, 3> levels;     ///< [B, H/s, W/s, conv_dim] at strides 32, 16, 8
};

struct DeformableLayer {
  nn::Linear sampling_offsets, attention_weights, value_proj, output_proj, linear1, linear2;
  nn::LayerNorm norm1, norm2;
};

class PixelDecoder {
 public:
  explicit PixelDecoder(const PixelDecoderConfig& config);
  /// Checkpoint names under `prefix` ("sem_seg_head.pixel_decoder").
  void declare(nn::WeightTable& table, const std::string& prefix);
  void prepare();
  /// Differentiable when gradients are enabled; the fused path otherwise. Trace: "pixel_decoder.*", "msda0.*".
  PixelFeatures forward(const BackboneFeatures& features, const Trace& trace = {}) const;

 private:
  PixelDecoderConfig config_;
  std::array<nn::PointwiseConv, 3> input_proj_;  ///< res5, res4, res3
  std::array<nn::GroupNorm, 3> input_norm_;
  at::Tensor level_embed_;
  std::vector<DeformableLayer> layers_;
  nn::PointwiseConv adapter_, mask_features_;
  nn::Conv layer_1_;
  nn::GroupNorm adapter_norm_, layer_1_norm_;
};

}  // namespace fcclip::head
