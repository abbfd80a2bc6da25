#include "fcclip/train/matcher.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace fcclip::train {
namespace {

// Mean over points of the binary cross entropy of every pair. −t·log σ(x) − (1 − t)·log(1 − σ(x))
// is softplus(x) − t·x: a sum a query and one product instead of Q · N · P terms.
at::Tensor pairwise_cross_entropy(const at::Tensor& logits, const at::Tensor& truth) {
  const at::Tensor all_outside = at::softplus(logits).sum(-1, /*keepdim=*/true);
  return (all_outside - logits.matmul(truth.t())) / static_cast<double>(logits.size(1));
}

at::Tensor pairwise_dice(const at::Tensor& logits, const at::Tensor& truth) {
  const at::Tensor p = logits.sigmoid();
  const at::Tensor common = 2 * p.matmul(truth.t());
  const at::Tensor sum = p.sum(-1).unsqueeze(1) + truth.sum(-1).unsqueeze(0);
  return 1 - (common + 1) / (sum + 1);
}

CostMatrix to_matrix(const at::Tensor& costs) {
  const at::Tensor values = costs.cpu().to(at::kDouble).contiguous();
  const double* data = values.const_data_ptr<double>();
  return {values.size(0), values.size(1), std::vector<double>(data, data + values.numel())};
}

}  // namespace

MatchCosts match_costs(const Prediction& prediction, int64_t picture, const Targets& targets,
                       const at::Tensor& points, const MatchWeights& weights) {
  const at::Tensor logits = prediction.mask_logits[picture].to(at::kFloat);
  const at::Tensor shared = points.squeeze(0);
  const at::Tensor sampled = sample_shared_points(logits, shared);
  const at::Tensor truth = sample_masks(targets.masks, shared);
  MatchCosts costs;
  costs.classes =
      -prediction.class_logits[picture].to(at::kFloat).softmax(-1).index_select(1, targets.labels);
  costs.mask = pairwise_cross_entropy(sampled, truth);
  costs.dice = pairwise_dice(sampled, truth);
  costs.total =
      weights.mask * costs.mask + weights.classes * costs.classes + weights.dice * costs.dice;
  return costs;
}

std::vector<Assignment> match(const Prediction& prediction, const std::vector<Targets>& targets,
                              const MatchWeights& weights, int64_t points, const DrawPoints& draw) {
  const c10::NoGradGuard no_gradient;
  std::vector<Assignment> matches;
  for (size_t b = 0; b < targets.size(); ++b) {
    const at::Tensor drawn =
        draw(1, points);  // drawn for empty pictures too, as the reference does
    if (targets[b].labels.size(0) == 0) {
      matches.emplace_back();
      continue;
    }
    matches.push_back(assign(to_matrix(
        match_costs(prediction, static_cast<int64_t>(b), targets[b], drawn, weights).total)));
  }
  return matches;
}

}  // namespace fcclip::train
