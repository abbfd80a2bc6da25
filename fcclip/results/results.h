#pragma once
// Masks and class scores -> segments at the original image's size (model section 7), streamed over
// bands of rows so that neither Q·h·w nor K·h·w floats ever exist.

#include <array>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"

namespace fcclip::results {

/// The masks of one image and the sizes they pass through.
struct MaskSource {
  at::Tensor mask_logits;  ///< [Q, H/4, W/4] float32
  Size padded;             ///< network input, multiple of 32
  Size resized;            ///< inside padded, before padding
  Size original;           ///< where results live
};

struct PanopticOptions {
  double object_mask_threshold = 0.0;
  double overlap_threshold = 0.8;
};

struct PanopticSegment {
  int64_t id = 0;           ///< value in the id map, from 1
  int64_t class_index = 0;  ///< contiguous, 0 … K−1
  bool is_thing = true;
  int64_t query = 0;  ///< the query that made it (stuff: the first of the merged ones)
  double score = 0;   ///< class probability of that query
  int64_t area_px = 0;
  std::array<int64_t, 4> box_xywh_px = {0, 0, 0, 0};
};

struct PanopticResult {
  at::Tensor ids;  ///< [h, w] int32, 0 = nothing
  std::vector<PanopticSegment> segments;
};

struct InstanceOptions {
  int64_t top_k = 100;
  bool things_only = true;
};

struct Instance {
  int64_t class_index = 0, query = 0;
  double score = 0;  ///< class score × mean sigmoid inside the mask
  int64_t area_px = 0;
  std::array<int64_t, 4> box_xywh_px = {0, 0, 0, 0};
  std::vector<uint32_t> rle_counts;  ///< COCO column-major run lengths, zeros first
};

/// class_log_probs [Q, K+1] (Classification::log_probs of one image).
PanopticResult panoptic(const MaskSource& masks, const at::Tensor& class_log_probs,
                        const std::vector<bool>& is_thing, const PanopticOptions& options);
/// Sorted by falling score.
std::vector<Instance> instances(const MaskSource& masks, const at::Tensor& class_log_probs,
                                const std::vector<bool>& is_thing, const InstanceOptions& options);
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
