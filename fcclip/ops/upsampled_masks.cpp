#include "fcclip/ops/upsampled_masks.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/dispatch.h"
#include "fcclip/ops/linear_tap.h"

namespace fcclip::ops {
namespace {

void check_queries(const MaskSource& masks, const std::vector<int64_t>& queries) {
  const int64_t count = masks.mask_logits.size(0);
  for (const int64_t query : queries) {
    if (query < 0 || query >= count) {
      fail(ErrorCode::invalid_argument, "query ", query, " is not one of ", count);
    }
  }
}

}  // namespace

LinearTap linear_tap(int64_t position, int64_t from, int64_t to) {
  // float32 throughout, as the reference's resize: the weights must be the same numbers.
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  const float at = std::max(scale * (static_cast<float>(position) + 0.5f) - 0.5f, 0.0f);
  LinearTap tap;
  tap.near = std::min<int64_t>(static_cast<int64_t>(at), from - 1);
  tap.next = std::min<int64_t>(tap.near + 1, from - 1);
  tap.far = std::clamp(at - static_cast<float>(tap.near), 0.0f, 1.0f);
  return tap;
}

void check_masks(const MaskSource& masks) {
  check_shape("mask_logits", masks.mask_logits, {kAny, kAny, kAny});
  const auto positive = [](const char* what, Size size) {
    if (size.height < 1 || size.width < 1) {
      fail(ErrorCode::invalid_argument, what, " size must be at least 1x1, got ", size.height, "x",
           size.width);
    }
  };
  positive("padded", masks.padded);
  positive("resized", masks.resized);
  positive("original", masks.original);
  if (masks.resized.height > masks.padded.height || masks.resized.width > masks.padded.width) {
    fail(ErrorCode::invalid_argument, "resized size ", masks.resized.height, "x",
         masks.resized.width, " does not fit in padded size ", masks.padded.height, "x",
         masks.padded.width);
  }
  if (masks.mask_logits.size(1) < 1 || masks.mask_logits.size(2) < 1) {
    fail(ErrorCode::shape_mismatch, "mask_logits must have at least one pixel, got ",
         shape_string(masks.mask_logits.sizes()));
  }
}

MaskWinners mask_winners(const MaskSource& masks, const at::Tensor& scores) {
  check_masks(masks);
  check_shape("mask_winners: scores", scores, {masks.mask_logits.size(0)});
  check_dtype("mask_winners: scores", scores, at::kFloat);
  if (scores.size(0) == 0) {
    const at::TensorOptions there(masks.mask_logits.device());
    return {at::zeros({masks.original.height, masks.original.width}, there.dtype(at::kInt)),
            at::zeros({0}, there.dtype(at::kLong)), at::zeros({0}, there.dtype(at::kLong))};
  }
  return own_or_host(&Implementation::mask_winners, masks.mask_logits)(masks, scores);
}

at::Tensor best_classes(const MaskSource& masks, const at::Tensor& weights) {
  check_masks(masks);
  check_shape("best_classes: weights", weights, {masks.mask_logits.size(0), kAny});
  check_dtype("best_classes: weights", weights, at::kFloat);
  if (weights.size(1) < 1) {
    fail(ErrorCode::shape_mismatch, "best_classes: weights of no class at all");
  }
  return own_or_host(&Implementation::best_classes, masks.mask_logits)(masks, weights);
}

std::vector<MaskRuns> mask_runs(const MaskSource& masks, const std::vector<int64_t>& queries) {
  check_masks(masks);
  check_queries(masks, queries);
  return own_or_host(&Implementation::mask_runs, masks.mask_logits)(masks, queries);
}

MaskReader read_masks(const MaskSource& masks) {
  check_masks(masks);
  const MaskReader read = own_or_host(&Implementation::read_masks, masks.mask_logits)(masks);
  return [masks, read](const std::vector<int64_t>& queries, const Region& region, MaskValue value) {
    check_queries(masks, queries);
    return read(queries, region, value);
  };
}

}  // namespace fcclip::ops
