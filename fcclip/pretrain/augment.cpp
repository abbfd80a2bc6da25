#include "fcclip/pretrain/augment.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/resize_u8.h"

namespace fcclip::pretrain {
namespace {

constexpr double kBrightness = 0.3, kContrast = 0.3, kSaturation = 0.4, kTint = 0.1;
constexpr double kGreyShare = 0.08, kBlurShare = 0.15, kNoiseShare = 0.15, kNoise = 10;
constexpr float kLuma[3] = {0.299F, 0.587F, 0.114F};

// Blurred by way of a smaller picture: cheap, and like a picture that was enlarged.
at::Tensor blur(const at::Tensor& rgb, double factor) {
  const Size full{rgb.size(0), rgb.size(1)};
  const Size small{std::max<int64_t>(8, std::lround(full.height / factor)),
                   std::max<int64_t>(8, std::lround(full.width / factor))};
  return ops::resize_bilinear_u8(ops::resize_bilinear_u8(rgb, small), full);
}

struct Change {
  float gain[3], offset, saturation, noise;
};

void apply(uint8_t* pixel, int64_t count, const Change& change, Random& random) {
  for (int64_t i = 0; i < count; ++i, pixel += 3) {
    const float luma = kLuma[0] * pixel[0] + kLuma[1] * pixel[1] + kLuma[2] * pixel[2];
    // One random number a pixel: grain is grey.
    const float grain =
        change.noise > 0 ? change.noise * static_cast<float>(random.uniform() - 0.5) : 0.0F;
    for (int c = 0; c < 3; ++c) {
      const float colour = luma + change.saturation * (pixel[c] - luma);
      const float value = change.gain[c] * colour + change.offset + grain;
      pixel[c] = static_cast<uint8_t>(std::clamp(value, 0.0F, 255.0F) + 0.5F);
    }
  }
}

}  // namespace

at::Tensor augment_colours(const at::Tensor& rgb, double strength, Random& random) {
  check_shape("rgb", rgb, {kAny, kAny, 3});
  at::Tensor changed = rgb.clone(at::MemoryFormat::Contiguous);
  if (strength <= 0) return changed;
  if (random.chance(kBlurShare * strength)) changed = blur(changed, random.uniform(1.2, 2.2));
  changed = changed.contiguous();
  Change change{};
  const double contrast = 1 + random.uniform(-kContrast, kContrast) * strength;
  const double brightness = random.uniform(-kBrightness, kBrightness) * strength * 128;
  change.offset = static_cast<float>(128 * (1 - contrast) + brightness);
  for (float& gain : change.gain) {
    gain = static_cast<float>(contrast * (1 + random.uniform(-kTint, kTint) * strength));
  }
  const bool grey = random.chance(kGreyShare * strength);
  change.saturation =
      grey ? 0.0F : static_cast<float>(1 + random.uniform(-kSaturation, kSaturation) * strength);
  change.noise = random.chance(kNoiseShare * strength)
                     ? static_cast<float>(2 * random.uniform(0, kNoise))
                     : 0.0F;
  apply(changed.mutable_data_ptr<uint8_t>(), changed.size(0) * changed.size(1), change, random);
  return changed;
}

}  // namespace fcclip::pretrain
