#pragma once
// Masked-attention transformer decoder (model section 5; the reference's
// MultiScaleMaskedTransformerDecoder).

#include <array>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/trace.h"
#include "fcclip/head/config.h"
#include "fcclip/head/pixel_decoder.h"
#include "fcclip/nn/checkpoint.h"
#include "fcclip/nn/layers.h"
#include "fcclip/nn/weights.h"

namespace fcclip::head {

/// Masks and what they look like to the text tower.
struct MaskPredictions {
  at::Tensor mask_logits;  ///< [B, Q, H/4, W/4]
  at::Tensor class_embed;  ///< [B, Q, D], not normalised; compare with text rows at logit_scale()
};

/// The weights of one layer: cross-attention, self-attention, feed-forward.
struct DecoderLayer {
  nn::MultiheadAttention cross_attention, self_attention;
  nn::LayerNorm cross_norm, self_norm, ffn_norm;
  nn::Linear linear1, linear2;
};

/// Queries that become masks.
class MaskDecoder {
 public:
  /// Throws Error{invalid_argument} where the sizes don't fit one another.
  explicit MaskDecoder(const MaskDecoderConfig& config);
  /// Checkpoint names under `prefix` ("sem_seg_head.predictor").
  void declare(nn::WeightTable& table, const std::string& prefix);
  void prepare();

  /// Inference: the last prediction only, with the exact savings of model section 5. With a trace,
  /// all predictions are computed and traced ("decoder.*").
  MaskPredictions forward(const PixelFeatures& features, const Trace& trace = {}) const;

  /// Training: one prediction before each layer and the final one, layers + 1 in all (the final is
  /// last). activations: of each layer and each prediction; a trace is of kept ones.
  std::vector<MaskPredictions> forward_all(
      const PixelFeatures& features, const Trace& trace = {},
      nn::Activations activations = nn::Activations::kept) const;

  /// Scalar tensor min(exp(logit_scale), 100), differentiable. One number.
  at::Tensor logit_scale() const;

 private:
  struct Level;  // what the layers of one scale share
  enum class Heads { last, all };
  struct Plan {
    Heads heads;
    nn::Activations activations = nn::Activations::kept;
  };

  std::array<Level, 3> levels(const PixelFeatures& features) const;
  std::vector<MaskPredictions> run(const PixelFeatures& features, const Plan& plan,
                                   const Trace& trace) const;
  MaskPredictions predict_part(const at::Tensor& queries, const at::Tensor& mask_features,
                               nn::Activations activations) const;
  at::Tensor update_part(int64_t layer, const at::Tensor& queries, const Level& level,
                         const at::Tensor& blocked, nn::Activations activations) const;
  MaskPredictions predict(const at::Tensor& queries, const at::Tensor& mask_features,
                          const Trace& trace, const std::string& name) const;
  at::Tensor update(int64_t layer, const at::Tensor& queries, const Level& level,
                    const at::Tensor& blocked, const Trace& trace) const;

  MaskDecoderConfig config_;
  std::vector<DecoderLayer> layers_;
  std::array<nn::PointwiseConv, 3> input_proj_;  ///< only where in_dim != hidden_dim
  nn::LayerNorm decoder_norm_;
  at::Tensor query_feat_, query_embed_, level_embed_, logit_scale_;
  nn::Mlp mask_embed_, class_embed_;
  nn::LayerNorm pooling_norm_;
  nn::Linear pooling_proj_;
};

}  // namespace fcclip::head
