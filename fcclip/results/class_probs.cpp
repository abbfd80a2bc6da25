#include "fcclip/results/class_probs.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/host.h"

namespace fcclip::results {

namespace {

void check_probs(const MaskSource& masks, const at::Tensor& class_log_probs) {
  check_shape("mask_logits", masks.mask_logits, {kAny, kAny, kAny});
  check_shape("class_log_probs", class_log_probs, {masks.mask_logits.size(0), kAny});
  if (class_log_probs.size(1) < 2) {
    fail(ErrorCode::shape_mismatch,
         "class_log_probs must be [Q, K+1] with at least one class, got ",
         shape_string(class_log_probs.sizes()));
  }
}

}  // namespace

at::Tensor class_probs_there(const MaskSource& masks, const at::Tensor& class_log_probs) {
  check_probs(masks, class_log_probs);
  return at::softmax(ops::on_device(class_log_probs.to(at::kFloat), masks.mask_logits.device()),
                     -1);
}

at::Tensor class_probs(const MaskSource& masks, const at::Tensor& class_log_probs) {
  check_probs(masks, class_log_probs);
  return at::softmax(ops::on_host(class_log_probs.to(at::kFloat)), -1);
}

void check_things(const std::vector<bool>& is_thing, int64_t classes) {
  if (static_cast<int64_t>(is_thing.size()) != classes) {
    fail(ErrorCode::shape_mismatch, "is_thing has ", is_thing.size(), " entries for ", classes,
         " classes");
  }
}

}  // namespace fcclip::results
