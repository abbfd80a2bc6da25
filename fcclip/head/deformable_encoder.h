#pragma once
// Encoder of multi-scale deformable self-attention over the positions of three maps (model section
// 4; the reference's MSDeformAttnTransformerEncoder).

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"
#include "fcclip/core/trace.h"
#include "fcclip/head/config.h"
#include "fcclip/nn/checkpoint.h"
#include "fcclip/nn/layers.h"
#include "fcclip/nn/weights.h"
#include "fcclip/ops/deform_encoder.h"

namespace fcclip::head {

/// The weights of one layer under the checkpoint's names.
struct DeformableLayer {
  nn::Linear sampling_offsets, attention_weights, value_proj, output_proj, linear1, linear2;
  nn::LayerNorm norm1, norm2;
};

/// The layers and both ways to run them.
class DeformableEncoder {
 public:
  explicit DeformableEncoder(const PixelDecoderConfig& config);
  /// Checkpoint names under `prefix` ("….pixel_decoder.transformer.encoder").
  void declare(nn::WeightTable& table, const std::string& prefix);
  /// Packs the weights; again after every change of them.
  void prepare(ops::Products products = ops::Products::float32);

  /// Differentiable ATen operations.
  ///   tokens     [B, S, C]  the maps of all levels, row by row, one after another
  ///   positions  [S, C]     position and level embedding
  ///   returns    [B, S, C]
  /// activations: of each layer. A trace is of kept ones.
  at::Tensor plain(const at::Tensor& tokens, const at::Tensor& positions, at::ArrayRef<Size> levels,
                   const Trace& trace = {},
                   nn::Activations activations = nn::Activations::kept) const;

  /// The same without gradients, once prepared.
  ///   tokens  [S, C]  one image, contiguous; overwritten with the result
  void packed(const at::Tensor& tokens, const at::Tensor& positions,
              at::ArrayRef<Size> levels) const;

 private:
  at::Tensor update(const DeformableLayer& layer, const at::Tensor& tokens,
                    const at::Tensor& positions, at::ArrayRef<Size> levels,
                    const Trace& trace) const;
  at::Tensor attend(const DeformableLayer& layer, const at::Tensor& tokens, const at::Tensor& query,
                    at::ArrayRef<Size> levels, const Trace& trace) const;

  PixelDecoderConfig config_;
  std::vector<DeformableLayer> layers_;
  ops::PackedDeformEncoder packed_;  ///< undefined until prepared
};

}  // namespace fcclip::head
