#include "fcclip/segmenter/preprocess.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/core/round_up.h"
#include "fcclip/ops/host.h"
#include "fcclip/ops/normalise.h"
#include "fcclip/ops/resize_u8.h"

namespace fcclip::segmenter {
namespace {

// The processor makes a picture smaller that is too large to be sent at its own size.
at::Tensor sent(const at::Tensor& rgb, at::Device device) {
  return ops::goes_by_pinned_memory(rgb) ? ops::on_device(rgb, device) : rgb;
}

ops::PixelNorm norm_of(const model::PixelConfig& config) {
  return {config.mean, config.std};
}

}  // namespace

Size resized_size(Size original, int64_t short_side, int64_t max_side) {
  if (original.height < 1 || original.width < 1 || short_side < 1 || max_side < 1) {
    fail(ErrorCode::invalid_argument, "cannot resize ", original.height, " x ", original.width,
         " pixels (height x width) to a shorter side of ", short_side, " and at most ", max_side,
         "; all must be at least 1");
  }
  double height = static_cast<double>(original.height), width = static_cast<double>(original.width);
  const double side = static_cast<double>(short_side);
  double scale = side / std::min(height, width);
  const bool tall = original.height >= original.width;
  height = tall ? scale * height : side;
  width = tall ? side : scale * width;
  const double longer = std::max(height, width), limit = static_cast<double>(max_side);
  if (longer > limit) {
    scale = limit / longer;
    height *= scale;
    width *= scale;
  }
  // The reference would ask for 0 pixels across a very thin picture (1 x 5000) and fail.
  return {std::max<int64_t>(1, static_cast<int64_t>(height + 0.5)),
          std::max<int64_t>(1, static_cast<int64_t>(width + 0.5))};
}

NetworkInput preprocess(const at::Tensor& rgb, const model::PixelConfig& config, int64_t short_side,
                        int64_t max_side, at::Device device) {
  check_shape("picture", rgb, {kAny, kAny, 3});
  check_dtype("picture", rgb, at::kByte);
  if (rgb.numel() == 0) {
    fail(ErrorCode::shape_mismatch, "picture is ", shape_string(rgb.sizes()),
         ", expected at least one pixel");
  }
  if (config.size_divisor < 1) {
    fail(ErrorCode::invalid_argument, "size_divisor is ", config.size_divisor,
         ", expected at least 1");
  }
  NetworkInput input;
  input.original_size = {rgb.size(0), rgb.size(1)};
  input.resized_size = resized_size(input.original_size, short_side, max_side);
  input.padded_size = {round_up(input.resized_size.height, config.size_divisor),
                       round_up(input.resized_size.width, config.size_divisor)};
  input.resized =
      ops::on_device(ops::resize_bilinear_u8(sent(rgb, device), input.resized_size), device);
  input.pixels =
      ops::normalise_and_pad(input.resized.unsqueeze(0), norm_of(config), input.padded_size);
  return input;
}

at::Tensor network_input(const at::Tensor& rgb, const model::PixelConfig& pixels,
                         at::Device device) {
  return ops::normalise_and_pad(ops::on_device(rgb, device), norm_of(pixels),
                                {rgb.size(1), rgb.size(2)});
}

}  // namespace fcclip::segmenter
