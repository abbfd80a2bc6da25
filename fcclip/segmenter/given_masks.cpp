#include "fcclip/segmenter/given_masks.h"

#include <algorithm>
#include <vector>

#include <ATen/ATen.h>

namespace fcclip::segmenter {

namespace {

at::Tensor some_on_grid(const at::Tensor& masks, Size resized, Size padded) {
  const at::Tensor signs = masks.to(at::kFloat).mul_(20).sub_(10).unsqueeze(0);
  const at::Tensor shown = at::_upsample_bilinear2d_aa(signs, {resized.height, resized.width},
                                                       /*align_corners=*/false);
  const at::Tensor filled = at::constant_pad_nd(
      shown, {0, padded.width - resized.width, 0, padded.height - resized.height}, -10);
  return at::avg_pool2d(filled, {4, 4})[0];
}

}  // namespace

// Some at a time: as floats a photograph's masks are gigabytes.
at::Tensor masks_on_grid(const at::Tensor& masks, Size resized, Size padded) {
  constexpr int64_t kNumbers = int64_t{64} << 20;
  const int64_t pixels = std::max<int64_t>(masks.size(1) * masks.size(2), 1);
  const int64_t together = std::max<int64_t>(kNumbers / pixels, 1);
  if (masks.size(0) <= together) return some_on_grid(masks, resized, padded);
  std::vector<at::Tensor> parts;
  for (const at::Tensor& some : masks.split(together)) {
    parts.push_back(some_on_grid(some, resized, padded));
  }
  return at::cat(parts);
}

}  // namespace fcclip::segmenter
