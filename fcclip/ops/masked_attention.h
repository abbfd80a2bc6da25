#pragma once
// Scaled dot-product attention of several heads, with or without a mask.

#include <ATen/core/Tensor.h>

namespace fcclip::ops {

/// softmax(q kᵀ / sqrt(C / heads)) v, in each head.
///   q        [B, Nq, C]
///   k, v     [B, Nk, C]  heads are consecutive ranges of C / heads channels
///   blocked  undefined, or bool broadcastable to [B, heads, Nq, Nk]: true where attention is not
///            allowed
///   returns  [B, Nq, C]; a query whose every key is blocked gives zeros
/// Differentiable in q, k, v. Throws Error{shape_mismatch, invalid_argument}.
at::Tensor masked_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            int64_t heads, const at::Tensor& blocked = {});

/// Where the queries of a masked decoder may not look: outside of their masks; a query whose mask is
/// empty may look everywhere.
///   logits   [B, Q, N]  of the masks; outside is a logit < 0 (a sigmoid below 0.5)
///   returns  [B, Q, N]  bool
/// No gradient. Throws Error{shape_mismatch}.
at::Tensor blocked_by_masks(const at::Tensor& logits);

/// masked_attention by differentiable ATen operations on any device.
at::Tensor masked_attention_plain(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                  int64_t heads, const at::Tensor& blocked = {});

}  // namespace fcclip::ops
