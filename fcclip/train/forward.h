#pragma once
// The network as training runs it: CLIP on the inference path, the head with gradients.

#include <functional>
#include <vector>

#include "fcclip/classify/text_classifier.h"
#include "fcclip/model/model.h"
#include "fcclip/nn/checkpoint.h"
#include "fcclip/train/matcher.h"

namespace fcclip::train {

/// Whether CLIP's image trunk runs as at inference, or with gradients (ConvNeXt only; for
/// comparison: the paper's point is that it is frozen).
enum class Trunk { frozen, trained };

/// CLIP's features of pixels [B, H, W, 3].
using FrozenTrunk = std::function<clip::ClipFeatures(const at::Tensor& pixels)>;

/// What of CLIP takes part.
struct ForwardOptions {
  Trunk trunk = Trunk::frozen;
  bool out_probs = false;    ///< of the final prediction (ConvNeXt only)
  clip::DropPath drop = {};  ///< of a trained trunk
  /// Of the head's parts, and of a trained trunk's blocks.
  nn::Activations activations = nn::Activations::kept;
  FrozenTrunk frozen_trunk =
      {};  ///< runs a frozen trunk, without gradients; empty: the model's own
};

/// pixels [B, H, W, 3] normalised and padded; one prediction per decoder layer and the final one
/// (last).
std::vector<Prediction> forward(const model::Model& model, const at::Tensor& pixels,
                                const classify::TextClassifier& words,
                                const ForwardOptions& options = {});

}  // namespace fcclip::train
