#pragma once
// Which query answers for which true segment (model section 8).

#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/assignment.h"
#include "fcclip/train/points.h"
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

/// One assignment (query, target within its picture) per picture. Draws `points` random points a
/// picture at once. No gradient. Throws Error{diverged} naming a term that is not finite.
std::vector<Assignment> match(const Prediction& prediction, const TargetBatch& targets,
                              const MatchWeights& weights, int64_t points, const DrawPoints& draw);

}  // namespace fcclip::train
