#pragma once
// The training loss: classes, masks and dice of every prediction layer (model section 8).

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/train/matcher.h"
#include "fcclip/train/points.h"

namespace fcclip::train {

/// Weights and points.
struct LossOptions {
  MatchWeights weights;      ///< of the costs and of the losses
  double void_weight = 0.1;  ///< of queries that answer for nothing, in the cross entropy
  double out_weight = 0;     ///< of CLIP's own answer for matched masks (OVR loss of COAT)
  PointOptions points;
};

/// Of one prediction layer, not weighted; scalars with gradients.
struct LayerLosses {
  at::Tensor classes, mask, dice;
  at::Tensor out;  ///< where the prediction has out_probs; else undefined
};

/// Each and their sum: one number each.
struct Losses {
  std::vector<LayerLosses>
      layers;  ///< first the final prediction, then the auxiliary ones from the first layer on
  at::Tensor total;  ///< weighted sum, to be differentiated
};

/// What sums are divided by. Of the whole batch over all processes and accumulated parts, divided
/// by the number of processes (their gradients are averaged): so a batch in parts gives the losses
/// of the batch in one piece.
struct Normalisers {
  double masks = 1;         ///< true segments; at least 1 is used
  double class_weight = 0;  ///< weights in the cross entropy; 0: of these pictures (the reference)
};
/// Of one part: its share of the sums.
Normalisers normalisers(const std::vector<Targets>& targets, int64_t queries, double void_weight);

/// predictions: the final one last, as MaskDecoder::forward_all gives them.
Losses compute_losses(const std::vector<Prediction>& predictions, const TargetBatch& targets,
                      const Normalisers& divisors, const LossOptions& options,
                      const DrawLayerPoints& draw);

/// COAT's loss of CLIP's own answer: cross entropy of probabilities taken as logits (they are
/// softmaxed once more), summed and divided by mask_count.
///   probs [T, K], labels [T]
at::Tensor out_loss(const at::Tensor& probs, const at::Tensor& labels, double mask_count);

/// Mean binary cross entropy, and dice, at points of T matched masks, divided by mask_count.
///   logits, truth [T, P]
at::Tensor mask_loss(const at::Tensor& logits, const at::Tensor& truth, double mask_count);
at::Tensor dice_loss(const at::Tensor& logits, const at::Tensor& truth, double mask_count);

}  // namespace fcclip::train
