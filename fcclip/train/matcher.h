#pragma once
// Which query answers for which true segment (model section 8).

#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/train/assignment.h"
#include "fcclip/train/points.h"

namespace fcclip::train {

/// The truth of one picture, padded to the network's input.
struct Targets {
  at::Tensor labels;  ///< [N] int64, class positions
  at::Tensor masks;   ///< [N, H, W] bool, uint8 or float
};

/// One prediction layer of one batch.
struct Prediction {
  at::Tensor class_logits;  ///< [B, Q, K+1]
  at::Tensor mask_logits;   ///< [B, Q, h, w]
};

struct MatchWeights {
  double classes = 2, mask = 5, dice = 5;
};

/// The cost of each (query, target) pair of one picture at the given points, and its parts, [Q, N]
/// each.
struct MatchCosts {
  at::Tensor total, classes, mask, dice;
};
MatchCosts match_costs(const Prediction& prediction, int64_t picture, const Targets& targets,
                       const at::Tensor& points, const MatchWeights& weights);

/// One assignment (query, target) per picture. Draws `points` random points a picture, shared by
/// all its masks. No gradient.
std::vector<Assignment> match(const Prediction& prediction, const std::vector<Targets>& targets,
                              const MatchWeights& weights, int64_t points, const DrawPoints& draw);

}  // namespace fcclip::train
