#include "fcclip/train/losses.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace fcclip::train {
namespace {

// Predicted and true masks of all matched pairs of the batch, in the order of pictures and queries.
struct MatchedMasks {
  at::Tensor logits;              // [T, h, w]
  std::vector<at::Tensor> truth;  // per picture, [t, H, W]
};

at::Tensor to_index(const std::vector<int64_t>& values, const at::Tensor& like) {
  return at::tensor(values, at::kLong).to(like.device());
}

MatchedMasks matched_masks(const Prediction& prediction, const std::vector<Targets>& targets,
                           const std::vector<Assignment>& matches) {
  MatchedMasks out;
  std::vector<at::Tensor> logits;
  for (size_t b = 0; b < targets.size(); ++b) {
    const at::Tensor picture = prediction.mask_logits[static_cast<int64_t>(b)];
    logits.push_back(picture.index_select(0, to_index(matches[b].rows, picture)));
    out.truth.push_back(
        targets[b].masks.index_select(0, to_index(matches[b].columns, targets[b].masks)));
  }
  out.logits = at::cat(logits).to(at::kFloat);
  return out;
}

// True values at the points of each picture's own masks; pictures of one batch share a padded size.
at::Tensor sample_truth(const std::vector<at::Tensor>& truth, const at::Tensor& points) {
  std::vector<at::Tensor> sampled;
  int64_t first = 0;
  for (const at::Tensor& masks : truth) {
    const int64_t count = masks.size(0);
    if (count > 0) sampled.push_back(sample_masks(masks, points.narrow(0, first, count)));
    first += count;
  }
  return at::cat(sampled);
}

LayerLosses layer_losses(const Prediction& prediction, const std::vector<Targets>& targets,
                         const Normalisers& divisors, const LossOptions& options,
                         const DrawPoints& draw) {
  const std::vector<Assignment> matches =
      match(prediction, targets, options.weights, options.points.points, draw);
  LayerLosses losses;
  losses.classes = class_loss(prediction.class_logits, targets, matches, options.void_weight,
                              divisors.class_weight);
  const double mask_count = std::max(1.0, divisors.masks);
  const MatchedMasks masks = matched_masks(prediction, targets, matches);
  const at::Tensor points = uncertain_points(masks.logits, options.points, draw);
  if (masks.logits.size(0) == 0) {
    losses.mask = losses.dice = masks.logits.sum();  // zero, and the masks stay in the graph
    return losses;
  }
  at::Tensor truth;
  {
    const c10::NoGradGuard no_gradient;
    truth = sample_truth(masks.truth, points);
  }
  const at::Tensor logits = sample_points(masks.logits, points);
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

at::Tensor class_loss(const at::Tensor& class_logits, const std::vector<Targets>& targets,
                      const std::vector<Assignment>& matches, double void_weight, double divisor) {
  const int64_t void_class = class_logits.size(2) - 1;
  at::Tensor classes = at::full({class_logits.size(0), class_logits.size(1)}, void_class,
                                class_logits.options().dtype(at::kLong));
  for (size_t b = 0; b < targets.size(); ++b) {
    if (matches[b].rows.empty()) continue;
    const at::Tensor labels =
        targets[b].labels.index_select(0, to_index(matches[b].columns, targets[b].labels));
    classes[static_cast<int64_t>(b)].index_copy_(0, to_index(matches[b].rows, classes), labels);
  }
  at::Tensor weight = at::ones({void_class + 1}, class_logits.options().dtype(at::kFloat));
  weight[void_class] = void_weight;
  const at::Tensor logits = class_logits.to(at::kFloat).transpose(1, 2);
  if (divisor <= 0) return at::cross_entropy_loss(logits, classes, weight);
  return at::cross_entropy_loss(logits, classes, weight, at::Reduction::Sum) / divisor;
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

Losses compute_losses(const std::vector<Prediction>& predictions,
                      const std::vector<Targets>& targets, const Normalisers& divisors,
                      const LossOptions& options, const DrawLayerPoints& draw) {
  Losses losses;
  for (int64_t layer = 0; layer < std::ssize(predictions); ++layer) {
    const Prediction& prediction =
        layer == 0 ? predictions.back() : predictions[static_cast<size_t>(layer - 1)];
    const DrawPoints of_layer = [&](int64_t rows, int64_t count) {
      return draw(layer, rows, count);
    };
    losses.layers.push_back(layer_losses(prediction, targets, divisors, options, of_layer));
    const LayerLosses& terms = losses.layers.back();
    const at::Tensor sum = options.weights.classes * terms.classes +
                           options.weights.mask * terms.mask + options.weights.dice * terms.dice;
    losses.total = losses.total.defined() ? losses.total + sum : sum;
  }
  return losses;
}

}  // namespace fcclip::train
