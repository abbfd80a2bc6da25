#include "fcclip/train/colour_jitter.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/image/python_forms.h"

namespace fcclip::train {
namespace {

constexpr double kBrightness = 32, kLeastFactor = 0.5, kMostFactor = 1.5;
constexpr int64_t kHue = 18, kCircle = 180;

at::Tensor scaled(const at::Tensor& values, double factor, double added) {
  return values.to(at::kFloat).mul_(factor).add_(added).clamp_(0, 255).to(at::kByte);
}

at::Tensor shifted_hue(const at::Tensor& rgb, const ColourShift& shift) {
  at::Tensor out = rgb;
  if (shift.saturation) {
    at::Tensor hsv = image::opencv_hsv(out);
    hsv.select(2, 1).copy_(scaled(hsv.select(2, 1), *shift.saturation, 0));
    out = image::opencv_rgb(hsv);
  }
  if (shift.hue) {
    at::Tensor hsv = image::opencv_hsv(out);
    const at::Tensor hue = hsv.select(2, 0).to(at::kInt).add_(*shift.hue).remainder_(kCircle);
    hsv.select(2, 0).copy_(hue);
    out = image::opencv_rgb(hsv);
  }
  return out;
}

}  // namespace

ColourShift draw_colours(Random& random) {
  ColourShift shift;
  const auto half = [&random] { return random.chance(0.5); };
  if (half()) shift.brightness = random.uniform(-kBrightness, kBrightness);
  shift.contrast_first = half();
  if (half()) shift.contrast = random.uniform(kLeastFactor, kMostFactor);
  if (half()) shift.saturation = random.uniform(kLeastFactor, kMostFactor);
  if (half()) shift.hue = random.below(2 * kHue + 1) - kHue;
  return shift;
}

at::Tensor shift_colours(const at::Tensor& rgb, const ColourShift& shift) {
  check_shape("rgb", rgb, {kAny, kAny, 3});
  check_dtype("rgb", rgb, at::kByte);
  const auto contrasted = [&](const at::Tensor& pixels) {
    return shift.contrast ? scaled(pixels, *shift.contrast, 0) : pixels;
  };
  at::Tensor out = shift.brightness ? scaled(rgb, 1, *shift.brightness) : rgb;
  if (shift.contrast_first) out = contrasted(out);
  out = shifted_hue(out, shift);
  return shift.contrast_first ? out : contrasted(out);
}

}  // namespace fcclip::train
