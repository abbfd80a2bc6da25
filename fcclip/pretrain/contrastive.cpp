#include "fcclip/pretrain/contrastive.h"

#include <limits>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"

namespace fcclip::pretrain {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

}  // namespace

at::Tensor also_true(const at::Tensor& present, const at::Tensor& named) {
  check_shape("present", present, {kAny, kAny});
  check_shape("named", named, {present.size(0), kAny});
  const at::Tensor shown = present.unsqueeze(1).unsqueeze(3);  // [N, 1, P, 1]
  const at::Tensor spoken = named.unsqueeze(0).unsqueeze(2);   // [1, N, 1, Q]
  const at::Tensor common = shown.eq(spoken).logical_and(spoken.ge(0)).flatten(2).any(2);
  return common.logical_and(at::eye(present.size(0), present.options()).eq(0));
}

at::Tensor contrastive_loss(const at::Tensor& images, const at::Tensor& texts,
                            const at::Tensor& scale, const at::Tensor& excluded) {
  check_shape("images", images, {kAny, kAny});
  check_shape("texts", texts, {images.size(0), images.size(1)});
  check_shape("excluded", excluded, {images.size(0), images.size(0)});
  const at::Tensor logits = (scale * images.mm(texts.t())).masked_fill(excluded, kNever);
  const at::Tensor right = logits.diagonal();
  return 0.5 * ((logits.logsumexp(1) - right).mean() + (logits.logsumexp(0) - right).mean());
}

at::Tensor name_loss(const at::Tensor& logits, const at::Tensor& present) {
  check_shape("logits", logits, {kAny, kAny});
  check_shape("present", present, {logits.size(0), kAny});
  const int64_t classes = logits.size(1);
  const at::Tensor is_class = present.ge(0).logical_and(present.lt(classes));
  const at::Tensor counted = is_class.select(1, 0).to(logits.scalar_type());
  const at::Tensor target = present.select(1, 0).clamp(0, classes - 1).unsqueeze(1);
  // One more column takes what is no class.
  at::Tensor others = at::zeros({logits.size(0), classes + 1}, is_class.options());
  others.scatter_(1, present.masked_fill(is_class.logical_not(), classes), true);
  others = others.narrow(1, 0, classes).scatter(1, target, false);
  const at::Tensor kept = logits.masked_fill(others, kNever);
  const at::Tensor losses = kept.logsumexp(1) - kept.gather(1, target).squeeze(1);
  return (losses * counted).sum() / counted.sum().clamp_min(1);
}

}  // namespace fcclip::pretrain
