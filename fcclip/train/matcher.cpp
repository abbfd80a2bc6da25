#include "fcclip/train/matcher.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "fcclip/core/error.h"

namespace fcclip::train {
namespace {

// Every target with its picture's rows: truth [N, P], maps [B, Q, P] -> [N, Q].
at::Tensor products(const at::Tensor& truth, const at::Tensor& maps, const TargetBatch& targets) {
  std::vector<at::Tensor> parts;
  for (int64_t b = 0; b < targets.pictures(); ++b) {
    if (targets.count(b) == 0) continue;
    parts.push_back(truth.narrow(0, targets.first[b], targets.count(b)).mm(maps[b].t()));
  }
  return at::cat(parts);
}

// Named as the losses are in the log.
[[noreturn]] void refuse_costs(const MatchCosts& costs) {
  for (const auto& [name, term] :
       {std::pair("loss_class", costs.classes), std::pair("loss_mask", costs.mask),
        std::pair("loss_dice", costs.dice)}) {
    if (!at::isfinite(term).all().item<bool>()) {
      fail(ErrorCode::diverged, name, " is not finite (in the matching)");
    }
  }
  fail(ErrorCode::diverged, "loss is not finite (in the matching)");
}

// The part of picture b, queries by targets; costs [N, Q] double on the CPU.
CostMatrix matrix_of(const at::Tensor& costs, const TargetBatch& targets, int64_t b) {
  const int64_t queries = costs.size(1), count = targets.count(b);
  const double* data = costs.const_data_ptr<double>() + targets.first[b] * queries;
  CostMatrix matrix{queries, count, std::vector<double>(queries * count)};
  for (int64_t n = 0; n < count; ++n) {
    for (int64_t q = 0; q < queries; ++q) matrix.costs[q * count + n] = data[n * queries + q];
  }
  return matrix;
}

}  // namespace

MatchCosts match_costs(const Prediction& prediction, const TargetBatch& targets,
                       const at::Tensor& points, const MatchWeights& weights) {
  const at::Tensor sampled = sample_channels(prediction.mask_logits.to(at::kFloat), points);
  const at::Tensor truth =
      sample_points(targets.masks, points.index_select(0, targets.picture));  // [N, P]
  const auto of_picture = [&](const at::Tensor& rows) {
    return rows.index_select(0, targets.picture);
  };
  MatchCosts costs;
  // Mean over points of the binary cross entropy of every pair. −t·log σ(x) − (1 − t)·log(1 − σ(x))
  // is softplus(x) − t·x: a sum a query and one product instead of Q · N · P terms.
  const at::Tensor all_outside = of_picture(at::softplus(sampled).sum(-1));
  costs.mask =
      (all_outside - products(truth, sampled, targets)) / static_cast<double>(points.size(1));
  const at::Tensor p = sampled.sigmoid();
  const at::Tensor sums = of_picture(p.sum(-1)) + truth.sum(-1, /*keepdim=*/true);
  costs.dice = 1 - (2 * products(truth, p, targets) + 1) / (sums + 1);
  const at::Tensor likely = prediction.class_logits.to(at::kFloat).softmax(-1).transpose(1, 2);
  costs.classes = -likely.index({targets.picture, targets.labels});
  costs.total =
      weights.mask * costs.mask + weights.classes * costs.classes + weights.dice * costs.dice;
  return costs;
}

std::vector<Assignment> match(const Prediction& prediction, const TargetBatch& targets,
                              const MatchWeights& weights, int64_t points, const DrawPoints& draw) {
  const c10::NoGradGuard no_gradient;
  // Drawn for pictures without targets too, as the reference does.
  const at::Tensor drawn = draw(targets.pictures(), points);
  std::vector<Assignment> matches(targets.pictures());
  if (targets.labels.size(0) == 0) return matches;
  const MatchCosts terms = match_costs(prediction, targets, drawn, weights);
  const at::Tensor costs = terms.total.cpu().to(at::kDouble).contiguous();
  if (!at::isfinite(costs).all().item<bool>()) refuse_costs(terms);
  for (int64_t b = 0; b < targets.pictures(); ++b) {
    if (targets.count(b) > 0) matches[b] = assign(matrix_of(costs, targets, b));
  }
  return matches;
}

}  // namespace fcclip::train
