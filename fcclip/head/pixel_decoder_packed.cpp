// The pixel decoder at inference: one image at a time, norms fused with what follows them.

#include <ATen/ATen.h>

#include "fcclip/head/pixel_decoder.h"
#include "fcclip/ops/group_norm.h"

namespace fcclip::head {
void PixelDecoder::packed_projections(const Maps& maps, int64_t image,
                                      const at::Tensor& tokens) const {
  int64_t start = 0;
  for (size_t i = 0; i < 3; ++i) {
    const at::Tensor projected = input_proj_[i](maps[i][image].flatten(0, 1));
    ops::group_norm(projected, input_norm_[i].tensors(),
                    tokens.narrow(0, start, projected.size(0)));
    start += projected.size(0);
  }
}

// res2 [H, W, C2], finest [h, w, C] -> mask_features [H, W, mask_dim]
void PixelDecoder::packed_pyramid(const at::Tensor& res2, const at::Tensor& finest,
                                  const at::Tensor& mask_features) const {
  const at::Tensor sum = adapter_(res2);
  ops::group_norm(sum, adapter_norm_.tensors(), sum, {.coarse = finest});
  const at::Tensor layer_1 = layer_1_packed_(sum);
  ops::group_norm(layer_1, layer_1_norm_.tensors(), layer_1, {.relu = true});
  at::Tensor out = mask_features.flatten(0, 1);
  at::addmm_out(out, mask_features_.bias, layer_1.flatten(0, 1),
                mask_features_.weight.flatten(1).t());
}

PixelFeatures PixelDecoder::packed(const Maps& maps, const at::Tensor& res2) const {
  const Sizes sizes = {Size{maps[0].size(1), maps[0].size(2)},
                       Size{maps[1].size(1), maps[1].size(2)},
                       Size{maps[2].size(1), maps[2].size(2)}};
  const int64_t batch = res2.size(0), width = config_.conv_dim;
  const at::Tensor position = positions(sizes, {});
  PixelFeatures out;
  out.mask_features =
      at::empty({batch, res2.size(1), res2.size(2), config_.mask_dim}, res2.options());
  const at::Tensor tokens = at::empty({batch, position.size(0), width}, res2.options());
  for (int64_t image = 0; image < batch; ++image) {
    packed_projections(maps, image, tokens[image]);
    encoder_.packed(tokens[image], position, sizes);
  }
  int64_t start = 0;
  for (size_t i = 0; i < 3; ++i) {
    const auto [height, columns] = sizes[i];
    out.levels[i] =
        tokens.narrow(1, start, height * columns).unflatten(1, {height, columns}).contiguous();
    start += height * columns;
  }
  for (int64_t image = 0; image < batch; ++image) {
    packed_pyramid(res2[image], out.levels[2][image], out.mask_features[image]);
  }
  return out;
}

}  // namespace fcclip::head
