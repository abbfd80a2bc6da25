#include "fcclip/clip/attention_pool.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/resize.h"

namespace fcclip::clip {

AttentionPool::AttentionPool(int64_t channels, int64_t heads, int64_t embed_dim, int64_t grid)
    : channels_(channels),
      heads_(heads),
      grid_(grid),
      q_proj_{channels, channels},
      k_proj_{channels, channels},
      v_proj_{channels, channels},
      c_proj_{channels, embed_dim} {}

void AttentionPool::declare(nn::WeightTable& table, const std::string& prefix) {
  table.add(prefix + ".positional_embedding", positional_embedding_, {grid_ * grid_ + 1, channels_},
            nn::WeightRole::embedding);
  q_proj_.declare(table, prefix + ".q_proj");
  k_proj_.declare(table, prefix + ".k_proj");
  v_proj_.declare(table, prefix + ".v_proj");
  c_proj_.declare(table, prefix + ".c_proj");
}

at::Tensor AttentionPool::operator()(const at::Tensor& dense, const at::Tensor& mask_logits) const {
  check_shape("dense", dense, {kAny, kAny, kAny, channels_});
  check_shape("mask_logits", mask_logits, {dense.size(0), kAny, dense.size(1), dense.size(2)});
  const int64_t h = dense.size(1), w = dense.size(2), head_dim = channels_ / heads_;
  const at::Tensor grid = positional_embedding_.slice(0, 1).view({1, grid_, grid_, channels_});
  const at::Tensor position = ops::resize_map(grid, {h, w}).flatten(1, 2);
  const at::Tensor x = dense.flatten(1, 2);
  const at::Tensor memory = x + position;

  // The query is the same for every mask, so its scores are computed once: [B, heads, 1, hw].
  const at::Tensor query = q_proj_(x.mean(1, true) + positional_embedding_[0]);
  const at::Tensor key = k_proj_(memory).unflatten(-1, {heads_, head_dim}).permute({0, 2, 3, 1});
  const at::Tensor value = v_proj_(memory).unflatten(-1, {heads_, head_dim}).transpose(1, 2);
  const at::Tensor scores = query.unflatten(-1, {heads_, head_dim}).transpose(1, 2).matmul(key) /
                            std::sqrt(static_cast<double>(head_dim));
  const at::Tensor outside = mask_logits.gt(0).logical_not().flatten(2).unsqueeze(1);
  const at::Tensor attention =
      scores.masked_fill(outside, -std::numeric_limits<double>::infinity()).softmax(-1);
  // Nothing to attend to makes the softmax 0 / 0; the attention output is then zero.
  const at::Tensor pooled = attention.masked_fill(outside, 0).matmul(value);
  return c_proj_(pooled.transpose(1, 2).flatten(2));
}

}  // namespace fcclip::clip
