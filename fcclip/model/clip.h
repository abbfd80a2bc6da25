#pragma once
// CLIP: both towers and the tokenizer. By itself what pretraining makes, in a Model its frozen half.

#include <memory>
#include <string>
#include <string_view>

#include "fcclip/clip/image_tower.h"
#include "fcclip/clip/text_tower.h"
#include "fcclip/clip/tokenizer.h"
#include "fcclip/model/config.h"
#include "fcclip/nn/weights.h"

namespace fcclip::model {

struct Clip {
  /// No weights and no tokenizer yet. Throws Error{invalid_argument} on impossible sizes.
  explicit Clip(const clip::ClipConfig& config);
  Clip(const Clip&) = delete;
  Clip& operator=(const Clip&) = delete;

  const clip::ClipConfig config;
  PixelConfig pixels;      ///< how pictures are normalised
  std::string provenance;  ///< of a CLIP by itself: where the weights came from, one line
  std::unique_ptr<clip::ImageTower> image_tower;
  clip::TextTower text_tower;
  std::unique_ptr<clip::Tokenizer> tokenizer;  ///< null until merges are set

  /// Weights under the published names ("backbone.clip_model. …"); valid as long as this.
  const nn::WeightTable& weights() const { return table_; }
  /// After the weights are set.
  void prepare(const ops::Packing& packing = {});

 private:
  nn::WeightTable table_;
};

/// The tokenizer for a text tower: of its vocabulary's size, or CLIP's own where the embedding was
/// cut short. Throws Error{bad_format} for damaged merges.
std::unique_ptr<clip::Tokenizer> make_tokenizer(std::string_view merges,
                                                const clip::TextConfig& text);

}  // namespace fcclip::model
