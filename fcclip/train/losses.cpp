#include "fcclip/train/losses.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/ops/host.h"

namespace fcclip::train {
namespace {

// All matched pairs of a batch, in the order of pictures and queries.
struct Pairs {
  at::Tensor queries;  // [T] positions among the batch's B · Q queries
  at::Tensor targets;  // [T] positions among its N targets
};

// Of every layer; to a GPU in one transfer.
std::vector<Pairs> pairs_of(const std::vector<std::vector<Assignment>>& layers,
                            const TargetBatch& targets, int64_t queries) {
  std::vector<int64_t> all, counts;
  for (const std::vector<Assignment>& matches : layers) {
    const size_t first = all.size();
    for (int64_t b = 0; b < targets.pictures(); ++b) {
      for (const int64_t row : matches[b].rows) all.push_back(b * queries + row);
    }
    counts.push_back(std::ssize(all) - static_cast<int64_t>(first));
    for (int64_t b = 0; b < targets.pictures(); ++b) {
      for (const int64_t column : matches[b].columns) all.push_back(targets.first[b] + column);
    }
  }
  const at::Tensor there = ops::on_device(at::tensor(all, at::kLong), targets.labels.device());
  std::vector<Pairs> pairs;
  int64_t first = 0;
  for (const int64_t count : counts) {
    pairs.push_back({there.narrow(0, first, count), there.narrow(0, first + count, count)});
    first += 2 * count;
  }
  return pairs;
}

// Weighted cross entropy of one layer. Queries without a match are void. divisor: as
// Normalisers::class_weight.
at::Tensor class_loss(const at::Tensor& class_logits, const at::Tensor& labels, const Pairs& pairs,
                      double void_weight, double divisor) {
  const int64_t void_class = class_logits.size(2) - 1;
  const at::Tensor logits = class_logits.to(at::kFloat).flatten(0, 1);
  at::Tensor classes = at::full({logits.size(0)}, void_class, logits.options().dtype(at::kLong));
  classes.index_copy_(0, pairs.queries, labels.index_select(0, pairs.targets));
  at::Tensor weight = at::ones({void_class + 1}, logits.options());
  weight[void_class] = void_weight;
  if (divisor <= 0) return at::cross_entropy_loss(logits, classes, weight);
  return at::cross_entropy_loss(logits, classes, weight, at::Reduction::Sum) / divisor;
}

// What all layers are held against.
struct Truth {
  const TargetBatch& targets;
  const Normalisers& divisors;
};

LayerLosses layer_losses(const Prediction& prediction, const Truth& held, const Pairs& pairs,
                         const LossOptions& options, const DrawPoints& draw) {
  const auto& [targets, divisors] = held;
  LayerLosses losses;
  losses.classes = class_loss(prediction.class_logits, targets.labels, pairs, options.void_weight,
                              divisors.class_weight);
  if (prediction.out_probs.defined()) {
    losses.out =
        out_loss(prediction.out_probs.flatten(0, 1).to(at::kFloat).index_select(0, pairs.queries),
                 targets.labels.index_select(0, pairs.targets), divisors.masks);
  }
  const at::Tensor maps =
      prediction.mask_logits.flatten(0, 1).index_select(0, pairs.queries).to(at::kFloat);
  const at::Tensor points = uncertain_points(maps, options.points, draw);
  if (maps.size(0) == 0) {
    losses.mask = losses.dice = maps.sum();  // zero, and the masks stay in the graph
    return losses;
  }
  const at::Tensor truth = sample_points(targets.masks.index_select(0, pairs.targets), points);
  const at::Tensor logits = sample_points(maps, points);
  const double mask_count = std::max(1.0, divisors.masks);
  losses.mask = mask_loss(logits, truth, mask_count);
  losses.dice = dice_loss(logits, truth, mask_count);
  return losses;
}

}  // namespace

Normalisers normalisers(const std::vector<Targets>& targets, int64_t queries, double void_weight) {
  Normalisers sums{0, 0};
  for (const Targets& target : targets) {
    const int64_t count = target.labels.size(0);
    const int64_t matched = std::min(count, queries);
    sums.masks += static_cast<double>(count);
    sums.class_weight += static_cast<double>(matched) + void_weight * (queries - matched);
  }
  return sums;
}

at::Tensor out_loss(const at::Tensor& probs, const at::Tensor& labels, double mask_count) {
  const at::Tensor log_probs = at::log_softmax(probs, -1);
  return -log_probs.gather(1, labels.unsqueeze(1)).sum() / std::max(1.0, mask_count);
}

at::Tensor mask_loss(const at::Tensor& logits, const at::Tensor& truth, double mask_count) {
  return at::binary_cross_entropy_with_logits(logits, truth, {}, {}, at::Reduction::None)
             .mean(1)
             .sum() /
         mask_count;
}

at::Tensor dice_loss(const at::Tensor& logits, const at::Tensor& truth, double mask_count) {
  const at::Tensor p = logits.sigmoid();
  const at::Tensor common = 2 * (p * truth).sum(-1);
  const at::Tensor sum = p.sum(-1) + truth.sum(-1);
  return (1 - (common + 1) / (sum + 1)).sum() / mask_count;
}

Losses compute_losses(const std::vector<Prediction>& predictions, const TargetBatch& targets,
                      const Normalisers& divisors, const LossOptions& options,
                      const DrawLayerPoints& draw) {
  const std::vector<Pairs> pairs =
      pairs_of(match(predictions, targets, options.weights, options.points.points, draw), targets,
               predictions.back().mask_logits.size(1));
  Losses losses;
  for (int64_t layer = 0; layer < std::ssize(predictions); ++layer) {
    const auto draw_here = [&](int64_t rows, int64_t count) { return draw(layer, rows, count); };
    losses.layers.push_back(layer_losses(of_layer(predictions, layer), {targets, divisors},
                                         pairs[layer], options, draw_here));
    const LayerLosses& terms = losses.layers.back();
    const at::Tensor sum = options.weights.classes * terms.classes +
                           options.weights.mask * terms.mask + options.weights.dice * terms.dice;
    losses.total = losses.total.defined() ? losses.total + sum : sum;
    if (terms.out.defined()) losses.total = losses.total + options.out_weight * terms.out;
  }
  return losses;
}

}  // namespace fcclip::train
