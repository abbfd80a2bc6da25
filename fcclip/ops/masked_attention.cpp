#include "fcclip/ops/masked_attention.h"

#include <optional>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/dispatch.h"

namespace fcclip::ops {
namespace {

at::Tensor split_heads(const at::Tensor& x, int64_t heads) {
  return x.unflatten(-1, {heads, x.size(-1) / heads}).transpose(1, 2);  // [B, heads, N, C / heads]
}

void check_arguments(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int64_t heads) {
  check_shape("masked_attention: q", q, {kAny, kAny, kAny});
  check_shape("masked_attention: k", k, {q.size(0), kAny, q.size(2)});
  check_shape("masked_attention: v", v, {q.size(0), k.size(1), q.size(2)});
  if (heads <= 0 || q.size(2) % heads != 0) {
    fail(ErrorCode::invalid_argument, "masked_attention: ", q.size(2),
         " channels can't be split into ", heads, " heads");
  }
}

at::Tensor plain_blocked_by_masks(const at::Tensor& logits) {
  const at::Tensor outside = logits.lt(0);
  return outside.logical_and(outside.all(-1, /*keepdim=*/true).logical_not());
}

}  // namespace

at::Tensor blocked_by_masks(const at::Tensor& logits) {
  check_shape("blocked_by_masks: logits", logits, {kAny, kAny, kAny});
  const auto run = own_float_inference(&Implementation::blocked_by_masks, {logits});
  return (run ? run : plain_blocked_by_masks)(logits);
}

at::Tensor masked_attention_plain(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                  int64_t heads, const at::Tensor& blocked) {
  std::optional<at::Tensor> allowed;
  if (blocked.defined()) allowed = blocked.logical_not();
  const at::Tensor mixed = at::scaled_dot_product_attention(
      split_heads(q, heads), split_heads(k, heads), split_heads(v, heads), allowed);
  return mixed.transpose(1, 2).flatten(2);
}

at::Tensor masked_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            int64_t heads, const at::Tensor& blocked) {
  check_arguments(q, k, v, heads);
  const auto run = own_float_inference(&Implementation::masked_attention, {q, k, v});
  return (run ? run : masked_attention_plain)(q, k, v, heads, blocked);
}

}  // namespace fcclip::ops
