#pragma once
// Which query answers for which true segment (model section 8).

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/assignment.h"
#include "fcclip/train/targets.h"

namespace fcclip::train {

/// One prediction layer of one batch.
struct Prediction {
  at::Tensor class_logits;  ///< [B, Q, K+1]
  at::Tensor mask_logits;   ///< [B, Q, h, w]
  /// [B, Q, K]: p_out, CLIP's own answer, where its loss is wanted of this layer; else undefined
  at::Tensor out_probs = {};
};

/// What each cost counts.
struct MatchWeights {
  double classes = 2, mask = 5, dice = 5;
};

/// What it costs that query q answers for target n of its own picture, and its parts, [N, Q] each.
struct MatchCosts {
  at::Tensor total, classes, mask, dice;
};
/// points [B, P, 2]: a picture's, shared by all its masks.
MatchCosts match_costs(const Prediction& prediction, const TargetBatch& targets,
                       const at::Tensor& points, const MatchWeights& weights);

/// Random points [rows, count, 2] for prediction layer `layer` (0 is the final one); the order of
/// draws within a layer is part of the recipe: the matcher's (a row a picture), then the loss's two
/// (a row a matched mask).
using DrawLayerPoints = std::function<at::Tensor(int64_t layer, int64_t rows, int64_t count)>;

/// Layer 0 is the final prediction, which comes last in `predictions`; then the auxiliary ones from the
/// first layer on.
const Prediction& of_layer(const std::vector<Prediction>& predictions, int64_t layer);

/// Of every layer one assignment (query, target within its picture) a picture. Draws `points` random
/// points a picture. A GPU is waited for once: the costs of all layers are copied in one piece. No
/// gradient. Throws Error{diverged} naming a term that is not finite.
std::vector<std::vector<Assignment>> match(const std::vector<Prediction>& predictions,
                                           const TargetBatch& targets, const MatchWeights& weights,
                                           int64_t points, const DrawLayerPoints& draw);

}  // namespace fcclip::train
