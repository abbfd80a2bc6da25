#pragma once
// Masks and class scores -> segments at the original image's size (model section 7), streamed over
// bands of rows so that neither Q·h·w nor K·h·w floats ever exist.

#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/progress.h"
#include "fcclip/core/size.h"
#include "fcclip/ops/upsampled_masks.h"
#include "fcclip/results/segmentation.h"

namespace fcclip::results {

using ops::MaskSource;

// Panoptic and semantic results come in two steps, so that a GPU is waited for once. What is as large as
// the picture is made where the masks are, without a wait; when it has come to the host, with whatever else
// is wanted (ops::bring_to_host), segments are made of it.

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

/// The first step of panoptic(), where the masks are.
struct PanopticVotes {
  ops::MaskWinners winners;
  at::Tensor scores;  ///< [Q] float32, of a mask's best class; 0: void is, or the score is too low
  at::Tensor labels;  ///< [Q] int64: that class
  int64_t classes = 0;  ///< K
  std::vector<at::Tensor*> tensors();
};
PanopticVotes panoptic_votes(const MaskSource& masks, const at::Tensor& class_log_probs,
                             const PanopticOptions& options);
/// The second; its tensors are on the host, and become the answer's.
PanopticSegmentation panoptic(PanopticVotes votes, const std::vector<bool>& is_thing,
                              const PanopticOptions& options);

/// The first step of semantic(), where the masks are.
struct SemanticVotes {
  at::Tensor labels;  ///< [h, w] int32
  at::Tensor probs;   ///< [Q, K+1] float32
  std::vector<at::Tensor*> tensors();
};
SemanticVotes semantic_votes(const MaskSource& masks, const at::Tensor& class_log_probs);
/// The second; its tensors are on the host.
SemanticSegmentation semantic(SemanticVotes votes, const std::vector<bool>& is_thing);

/// Label map [h, w] int32 of contiguous classes.
at::Tensor semantic_labels(const MaskSource& masks, const at::Tensor& class_log_probs);
/// All class scores [K, h, w]: only for traces and small images.
at::Tensor semantic_scores(const MaskSource& masks, const at::Tensor& class_log_probs);
/// The reference's semantic-only path: scores at the padded size, then cropped and resized.
at::Tensor semantic_scores_resized_late(const MaskSource& masks, const at::Tensor& class_log_probs);
/// Its arg-max [h, w] int32, without ever holding the scores.
at::Tensor semantic_labels_resized_late(const MaskSource& masks, const at::Tensor& class_log_probs);

/// A run of the network as semantic results see it.
struct SemanticView {
  MaskSource masks;
  at::Tensor class_log_probs;  ///< [Q, K+1]
  /// Scores at the padded size, then cropped and resized: the reference's semantic-only path.
  bool resized_late = false;
  bool mirrored = false;  ///< the network saw the picture's mirror image, left for right
};
/// Arg-max [h, w] int32 of the views' mean class scores at the original size, mirrored ones turned
/// back. Views have one original size and the same classes; of their scores no more than a tile
/// exists at a time. `progress` counts pixels. Throws Error{shape_mismatch, invalid_argument,
/// interrupted}. Source: the reference's SemanticSegmentorWithTTA.
at::Tensor averaged_labels(std::span<const SemanticView> views, const Progress& progress = {});
/// The same with segments, whose queries and scores are those of the view `named`.
SemanticSegmentation averaged_semantic(std::span<const SemanticView> views, size_t named,
                                       const std::vector<bool>& is_thing,
                                       const Progress& progress = {});
/// The masks' logits at the original size, of the queries given: for traces.
at::Tensor full_size_masks(const MaskSource& masks, const std::vector<int64_t>& queries);

}  // namespace fcclip::results
