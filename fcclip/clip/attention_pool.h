#pragma once
// ModifiedResNet's pooling: attention from the mean to the positions inside a mask.

#include <string>

#include <ATen/core/Tensor.h>

#include "fcclip/nn/layers.h"
#include "fcclip/nn/weights.h"

namespace fcclip::clip {

/// The weights of the pooling, and the pooling.
class AttentionPool {
 public:
  AttentionPool() = default;
  /// channels C of the feature map, heads, D, side of the positional embedding's grid.
  AttentionPool(int64_t channels, int64_t heads, int64_t embed_dim, int64_t grid);
  /// prefix: "backbone.clip_model.visual.attnpool".
  void declare(nn::WeightTable& table, const std::string& prefix);

  /// One query (the mean of the map + positional embedding 0), which is not among the keys, attends
  /// to the positions inside each mask; the grid's positional embedding is resized bilinearly to
  /// the map.
  ///   dense        [B, h, w, C]
  ///   mask_logits  [B, Q, h, w]  a position may be attended where logit > 0
  ///   returns      [B, Q, D]     an empty mask gives the output projection's bias
  /// Throws Error{shape_mismatch}.
  at::Tensor operator()(const at::Tensor& dense, const at::Tensor& mask_logits) const;

 private:
  int64_t channels_ = 0, heads_ = 1, grid_ = 0;
  at::Tensor positional_embedding_;
  nn::Linear q_proj_, k_proj_, v_proj_, c_proj_;
};

}  // namespace fcclip::clip
