#include "fcclip/train/matcher.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
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
[[noreturn]] void refuse_costs(const std::vector<MatchCosts>& layers) {
  for (const MatchCosts& costs : layers) {
    for (const auto& [name, term] :
         {std::pair("loss_class", costs.classes), std::pair("loss_mask", costs.mask),
          std::pair("loss_dice", costs.dice)}) {
      if (!at::isfinite(term).all().item<bool>()) {
        fail(ErrorCode::diverged, name, " is not finite (in the matching)");
      }
    }
  }
  fail(ErrorCode::diverged, "loss is not finite (in the matching)");
}

// The part of picture b, queries by targets; costs [N, Q] double on the CPU, contiguous.
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

const Prediction& of_layer(const std::vector<Prediction>& predictions, int64_t layer) {
  return layer == 0 ? predictions.back() : predictions[static_cast<size_t>(layer - 1)];
}

std::vector<std::vector<Assignment>> match(const std::vector<Prediction>& predictions,
                                           const TargetBatch& targets, const MatchWeights& weights,
                                           int64_t points, const DrawLayerPoints& draw) {
  const c10::NoGradGuard no_gradient;
  const int64_t layers = std::ssize(predictions), pictures = targets.pictures();
  std::vector<MatchCosts> terms;
  std::vector<at::Tensor> totals;
  for (int64_t layer = 0; layer < layers; ++layer) {
    // Drawn for pictures without targets too, as the reference does.
    const at::Tensor drawn = draw(layer, pictures, points);
    if (targets.labels.size(0) == 0) continue;
    terms.push_back(match_costs(of_layer(predictions, layer), targets, drawn, weights));
    totals.push_back(terms.back().total);
  }
  std::vector<std::vector<Assignment>> matches(layers, std::vector<Assignment>(pictures));
  if (terms.empty()) return matches;
  const at::Tensor costs = at::stack(totals).cpu().to(at::kDouble).contiguous();
  if (!at::isfinite(costs).all().item<bool>()) refuse_costs(terms);
  at::parallel_for(0, layers * pictures, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t layer = i / pictures, b = i % pictures;
      if (targets.count(b) > 0) matches[layer][b] = assign(matrix_of(costs[layer], targets, b));
    }
  });
  return matches;
}

}  // namespace fcclip::train
