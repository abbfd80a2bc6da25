#include "fcclip/segmenter/given_masks.h"

#include <ATen/ATen.h>

namespace fcclip::segmenter {

at::Tensor masks_on_grid(const at::Tensor& masks, Size resized, Size padded) {
  const at::Tensor signs = masks.to(at::kFloat).mul(20).sub(10).unsqueeze(0);
  const at::Tensor shown = at::_upsample_bilinear2d_aa(signs, {resized.height, resized.width},
                                                       /*align_corners=*/false);
  const at::Tensor filled = at::constant_pad_nd(
      shown, {0, padded.width - resized.width, 0, padded.height - resized.height}, -10);
  return at::avg_pool2d(filled, {4, 4})[0];
}

}  // namespace fcclip::segmenter
