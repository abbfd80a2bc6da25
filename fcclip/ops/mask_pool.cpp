#include "fcclip/ops/mask_pool.h"

#include <ATen/ATen.h>
#include <ATen/OpMathType.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/dispatch.h"

namespace fcclip::ops {
namespace {

at::Tensor plain_mask_pool(const at::Tensor& features, const at::Tensor& mask_logits) {
  const at::Tensor rows = features.flatten(1, 2);
  // Shares before sums: the features of a large mask add up to more than float16 holds.
  const at::Tensor inside =
      mask_logits.detach().flatten(2).gt(0).to(at::toOpMathType(rows.scalar_type()));
  const at::Tensor shares = inside / (inside.sum(-1, /*keepdim=*/true) + kMaskCountEpsilon);
  return at::bmm(shares.to(rows.scalar_type()), rows);
}

PooledMasks plain_predict_and_pool(const at::Tensor& embeddings, const at::Tensor& features) {
  const at::Tensor logits = at::bmm(embeddings, features.flatten(1, 2).transpose(1, 2))
                                .unflatten(2, {features.size(1), features.size(2)});
  return {logits, mask_pool(features, logits)};
}

}  // namespace

at::Tensor mask_pool(const at::Tensor& features, const at::Tensor& mask_logits) {
  check_shape("mask_pool: features", features, {kAny, kAny, kAny, kAny});
  check_shape("mask_pool: mask logits", mask_logits,
              {features.size(0), kAny, features.size(1), features.size(2)});
  const auto run = own_float_inference(&Implementation::mask_pool, {features});
  return (run ? run : plain_mask_pool)(features, mask_logits);
}

PooledMasks predict_and_pool_masks(const at::Tensor& embeddings, const at::Tensor& features) {
  check_shape("predict_and_pool_masks: features", features, {kAny, kAny, kAny, kAny});
  check_shape("predict_and_pool_masks: embeddings", embeddings,
              {features.size(0), kAny, features.size(3)});
  const auto run =
      own_float_inference(&Implementation::predict_and_pool_masks, {features, embeddings});
  return (run ? run : plain_predict_and_pool)(embeddings, features);
}

}  // namespace fcclip::ops
