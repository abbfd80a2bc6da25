#include "fcclip/ops/normalise.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/dispatch.h"
#include "fcclip/ops/host.h"

namespace fcclip::ops {
namespace {

at::Tensor plain_normalise_and_pad(const at::Tensor& pixels, const PixelNorm& norm, Size padded) {
  const auto of_channels = [&](const std::array<double, 3>& values) {
    return on_device(at::tensor(values, at::kDouble).to(at::kFloat), pixels.device());
  };
  const at::Tensor normal =
      pixels.to(at::kFloat).sub(of_channels(norm.mean)).div_(of_channels(norm.std));
  return at::constant_pad_nd(
      normal, {0, 0, 0, padded.width - pixels.size(2), 0, padded.height - pixels.size(1)});
}

}  // namespace

at::Tensor normalise_and_pad(const at::Tensor& pixels, const PixelNorm& norm, Size padded) {
  check_shape("pixels to normalise", pixels, {kAny, kAny, kAny, 3});
  check_dtype("pixels to normalise", pixels, at::kByte);
  if (padded.height < pixels.size(1) || padded.width < pixels.size(2)) {
    fail(ErrorCode::invalid_argument, "pictures of ", pixels.size(1), " x ", pixels.size(2),
         " pixels (height x width) can't be padded to ", padded.height, " x ", padded.width);
  }
  const auto run = own(&Implementation::normalise_and_pad, pixels);
  return (run ? run : plain_normalise_and_pad)(pixels, norm, padded);
}

}  // namespace fcclip::ops
