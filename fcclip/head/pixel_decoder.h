#pragma once
// Multi-scale deformable attention over res3 … res5, then a feature pyramid down to stride 4
// (model section 4; the reference's MSDeformAttnPixelDecoder).

#include <array>
#include <string>

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"
#include "fcclip/core/trace.h"
#include "fcclip/head/config.h"
#include "fcclip/head/deformable_encoder.h"
#include "fcclip/nn/checkpoint.h"
#include "fcclip/nn/layers.h"
#include "fcclip/nn/weights.h"
#include "fcclip/ops/conv3x3.h"
#include "fcclip/ops/packing.h"

namespace fcclip::head {

/// Inputs, [B, H/s, W/s, C_s] at strides 4, 8, 16, 32. `head` does not know `clip`: the segmenter
/// copies.
struct BackboneFeatures {
  at::Tensor res2, res3, res4, res5;
};

/// What the mask decoder looks at.
struct PixelFeatures {
  at::Tensor mask_features;          ///< [B, H/4, W/4, mask_dim]
  std::array<at::Tensor, 3> levels;  ///< [B, H/s, W/s, conv_dim] at strides 32, 16, 8
};

/// Maps of a tower to maps of the mask decoder.
class PixelDecoder {
 public:
  /// Throws Error{invalid_argument} where the sizes don't fit one another.
  explicit PixelDecoder(const PixelDecoderConfig& config);
  /// Checkpoint names under `prefix` ("sem_seg_head.pixel_decoder").
  void declare(nn::WeightTable& table, const std::string& prefix);
  /// Packs the weights; again after every change of them. Throws as ops::need_products().
  void prepare(const ops::Packing& packing = {});
  /// Always float32, also under autocast; by the path that nn/path.h chooses. Trace:
  /// "pixel_decoder.*", "msda0.*". activations: of the projections, each encoder layer and the
  /// pyramid; kept for a trace. Throws Error{shape_mismatch}.
  PixelFeatures forward(const BackboneFeatures& features, const Trace& trace = {},
                        nn::Activations activations = nn::Activations::kept) const;

 private:
  /// res5, res4, res3: the order of the levels.
  using Maps = std::array<at::Tensor, 3>;
  using Sizes = std::array<Size, 3>;
  void check(const BackboneFeatures& features) const;
  at::Tensor positions(const Sizes& sizes, const Trace& trace) const;
  PixelFeatures plain(const Maps& maps, const at::Tensor& res2, const Trace& trace,
                      nn::Activations activations) const;
  at::Tensor plain_projections(const Maps& maps, const Trace& trace) const;
  at::Tensor plain_pyramid(const at::Tensor& res2, const at::Tensor& finest,
                           const Trace& trace) const;
  PixelFeatures packed(const Maps& maps, const at::Tensor& res2) const;
  void packed_projections(const Maps& maps, int64_t image, const at::Tensor& tokens) const;
  void packed_pyramid(const at::Tensor& res2, const at::Tensor& finest,
                      const at::Tensor& mask_features) const;

  PixelDecoderConfig config_;
  std::array<nn::PointwiseConv, 3> input_proj_;  ///< res5, res4, res3
  std::array<nn::GroupNorm, 3> input_norm_;
  at::Tensor level_embed_;
  DeformableEncoder encoder_;
  nn::PointwiseConv adapter_, mask_features_;
  nn::Conv layer_1_;
  nn::GroupNorm adapter_norm_, layer_1_norm_;
  ops::PackedConv3x3 layer_1_packed_;  ///< undefined until prepared
};

}  // namespace fcclip::head
