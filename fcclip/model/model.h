#pragma once
// The whole network, one definition for inference and training: frozen CLIP + head.

#include <memory>

#include "fcclip/head/mask_decoder.h"
#include "fcclip/head/pixel_decoder.h"
#include "fcclip/model/clip.h"
#include "fcclip/model/config.h"
#include "fcclip/naming/naming.h"
#include "fcclip/nn/weights.h"

namespace fcclip::model {

/// The mask generator: what FC-CLIP trains.
struct Head {
  /// No weights yet. Throws Error{invalid_argument} on impossible sizes.
  Head(const head::PixelDecoderConfig& pixel, const head::MaskDecoderConfig& mask);
  Head(const Head&) = delete;
  Head& operator=(const Head&) = delete;

  head::PixelDecoder pixel_decoder;
  head::MaskDecoder mask_decoder;
  at::Tensor void_embedding;  ///< [1, D]

  /// Weights under the published names ("sem_seg_head. …", "void_embedding.weight").
  const nn::WeightTable& weights() const { return table_; }
  void prepare(const ops::Packing& packing = {});

 private:
  nn::WeightTable table_;
};

/// The parts of a model, with its words.
struct Model {
  /// No weights yet. Throws Error{invalid_argument} on impossible sizes.
  explicit Model(const Config& config);
  /// A head without weights on this CLIP, whose sizes and normalisation take the place of the
  /// configuration's. Throws Error{invalid_argument} where the head doesn't fit the CLIP.
  Model(const Config& config, std::shared_ptr<Clip> clip);
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  Config config;
  const std::shared_ptr<Clip> clip;
  Head head;
  naming::Naming naming;  ///< what names masks beside FC-CLIP's own way

  /// CLIP's, the head's and the naming's in one table; valid as long as the model.
  const nn::WeightTable& weights() const { return table_; }
  /// After the weights are set.
  void prepare(const ops::Packing& packing = {});
  /// After those of head and naming alone have changed: what CLIP has packed stays where it is, for graphs on a GPU read it
  /// there.
  void prepare_beside_clip(const ops::Packing& packing = {});

 private:
  nn::WeightTable table_;
};

}  // namespace fcclip::model
