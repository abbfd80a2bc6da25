#include "fcclip/clip/image_tower.h"

#include "fcclip/clip/convnext.h"
#include "fcclip/clip/resnet.h"
#include "fcclip/core/check.h"

namespace fcclip::clip {
namespace {

void check_positive(std::string_view what, const std::vector<int64_t>& values, size_t count) {
  bool good = values.size() == count;
  for (const int64_t value : values) good = good && value > 0;
  if (!good) {
    fail(ErrorCode::invalid_argument, what, ": expected ", count, " positive numbers, got ",
         shape_string(values));
  }
}

void check_config(const ClipConfig& config) {
  check_positive("clip embed_dim", {config.embed_dim}, 1);
  if (config.tower == TowerKind::convnext) {
    check_positive("convnext depths", config.convnext.depths, 4);
    check_positive("convnext dims", config.convnext.dims, 4);
    if (config.convnext.head == HeadKind::mlp) {
      check_positive("convnext head_hidden", {config.convnext.head_hidden}, 1);
    }
    return;
  }
  const ResNetConfig& resnet = config.resnet;
  check_positive("resnet layers", resnet.layers, 4);
  check_positive("resnet width / 2, heads, pool_grid",
                 {resnet.width / 2, resnet.heads, resnet.pool_grid}, 3);
  if (config.feature_channels().back() % resnet.heads != 0) {
    fail(ErrorCode::invalid_argument, "resnet heads: ", resnet.heads, " does not divide ",
         config.feature_channels().back(), " channels");
  }
}

}  // namespace

void check_image(const at::Tensor& image) {
  check_shape("image", image, {kAny, kAny, kAny, 3});
  check_dtype("image", image, at::kFloat);
  if (image.size(1) % 32 != 0 || image.size(2) % 32 != 0 || image.numel() == 0) {
    fail(ErrorCode::shape_mismatch, "image: height and width must be multiples of 32, got ",
         shape_string(image.sizes()), "; pad it");
  }
}

std::unique_ptr<ImageTower> make_image_tower(const ClipConfig& config) {
  check_config(config);
  if (config.tower == TowerKind::resnet) return std::make_unique<ResNet>(config);
  return std::make_unique<ConvNext>(config);
}

}  // namespace fcclip::clip
