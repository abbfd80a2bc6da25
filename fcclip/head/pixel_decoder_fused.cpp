// The pixel decoder at inference: one image at a time, norms fused with what follows them.

#include <ATen/ATen.h>

#include "fcclip/head/pixel_decoder.h"
#include "fcclip/ops/group_norm.h"

namespace fcclip::head {
namespace {

ops::GroupNormWeights weights_of(const nn::GroupNorm& norm) {
  return {norm.weight, norm.bias, norm.groups, norm.eps};
}

}  // namespace

void PixelDecoder::project_fused(const Maps& maps, int64_t image, const at::Tensor& tokens) const {
  int64_t start = 0;
  for (size_t i = 0; i < 3; ++i) {
    const at::Tensor projected = input_proj_[i](maps[i][image].flatten(0, 1));
    ops::group_norm(projected, weights_of(input_norm_[i]),
                    tokens.narrow(0, start, projected.size(0)));
    start += projected.size(0);
  }
}

// res2 [H, W, C2], finest [h, w, C] -> mask_features [H, W, mask_dim]
void PixelDecoder::pyramid_fused(const at::Tensor& res2, const at::Tensor& finest,
                                 const at::Tensor& mask_features) const {
  const at::Tensor sum = adapter_(res2);
  ops::group_norm_add_upsampled(sum, weights_of(adapter_norm_), finest, sum);
  const at::Tensor layer_1 = layer_1_packed_(sum);
  ops::group_norm_relu(layer_1, weights_of(layer_1_norm_), layer_1);
  at::Tensor out = mask_features.flatten(0, 1);
  at::addmm_out(out, mask_features_.bias, layer_1.flatten(0, 1),
                mask_features_.weight.flatten(1).t());
}

PixelFeatures PixelDecoder::forward_fused(const Maps& maps, const at::Tensor& res2) const {
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
    project_fused(maps, image, tokens[image]);
    encoder_.forward_fused(tokens[image], position, sizes);
  }
  int64_t start = 0;
  for (size_t i = 0; i < 3; ++i) {
    const auto [height, columns] = sizes[i];
    out.levels[i] =
        tokens.narrow(1, start, height * columns).unflatten(1, {height, columns}).contiguous();
    start += height * columns;
  }
  for (int64_t image = 0; image < batch; ++image) {
    pyramid_fused(res2[image], out.levels[2][image], out.mask_features[image]);
  }
  return out;
}

}  // namespace fcclip::head
