#pragma once
// Masks and class scores -> segments at the original image's size (model section 7), streamed over
// bands of rows so that neither Q·h·w nor K·h·w floats ever exist.

#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"
#include "fcclip/ops/upsampled_masks.h"
#include "fcclip/results/segmentation.h"

namespace fcclip::results {

using ops::MaskSource;

/// The thresholds of panoptic inference (0 … 1).
struct PanopticOptions {
  double object_mask_threshold = 0.0;
  double overlap_threshold = 0.8;
};

/// How many instances, and of what.
struct InstanceOptions {
  int64_t top_k = 100;
  bool things_only = true;
};

/// Segments without words, for each of the three kinds.
///   class_log_probs  [Q, K+1] (Classification::log_probs of one image)
///   is_thing         K entries
/// Throws Error{shape_mismatch, invalid_argument}.
PanopticSegmentation panoptic(const MaskSource& masks, const at::Tensor& class_log_probs,
                              const std::vector<bool>& is_thing, const PanopticOptions& options);
InstanceSegmentation instances(const MaskSource& masks, const at::Tensor& class_log_probs,
                               const std::vector<bool>& is_thing, const InstanceOptions& options);
/// A class's query is the one with the highest probability of it, which is its score.
SemanticSegmentation semantic(const MaskSource& masks, const at::Tensor& class_log_probs,
                              const std::vector<bool>& is_thing);
/// Label map [h, w] int32 of contiguous classes.
at::Tensor semantic_labels(const MaskSource& masks, const at::Tensor& class_log_probs);
/// All class scores [K, h, w]: only for traces and small images.
at::Tensor semantic_scores(const MaskSource& masks, const at::Tensor& class_log_probs);
/// The reference's semantic-only path: scores at the padded size, then cropped and resized.
at::Tensor semantic_scores_resized_late(const MaskSource& masks, const at::Tensor& class_log_probs);
/// Its arg-max [h, w] int32, without ever holding the scores.
at::Tensor semantic_labels_resized_late(const MaskSource& masks, const at::Tensor& class_log_probs);
/// The masks' logits at the original size, of the queries given: for traces.
at::Tensor full_size_masks(const MaskSource& masks, const std::vector<int64_t>& queries);

}  // namespace fcclip::results
