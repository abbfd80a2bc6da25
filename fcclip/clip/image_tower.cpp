#include "fcclip/clip/image_tower.h"

#include "fcclip/clip/convnext.h"
#include "fcclip/clip/resnet.h"
#include "fcclip/core/check.h"

namespace fcclip::clip {

ClipFeatures ImageTower::forward_plain(const at::Tensor&, const Trace&, const TrainedTower&) const {
  fail(ErrorCode::unsupported, "only a ConvNeXt trunk can be trained");
}

const VisualHead& ImageTower::visual_head() const {
  fail(ErrorCode::unsupported, "this image tower has no visual head apart from its pooling");
}
void check_image(const at::Tensor& image) {
  check_shape("image", image, {kAny, kAny, kAny, 3});
  check_dtype("image", image, at::kFloat);
  if (image.size(1) % 32 != 0 || image.size(2) % 32 != 0 || image.numel() == 0) {
    fail(ErrorCode::shape_mismatch, "image: height and width must be multiples of 32, got ",
         shape_string(image.sizes()), "; pad it");
  }
}

std::unique_ptr<ImageTower> make_image_tower(const ClipConfig& config) {
  validate_image_tower(config);
  if (config.tower == TowerKind::resnet) return std::make_unique<ResNet>(config);
  return std::make_unique<ConvNext>(config);
}

}  // namespace fcclip::clip
