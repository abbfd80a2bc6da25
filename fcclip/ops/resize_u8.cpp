#include "fcclip/ops/resize_u8.h"

#include <algorithm>
#include <cstring>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/dispatch.h"
#include "fcclip/ops/host.h"

namespace fcclip::ops {
namespace {

void check_size(Size size) {
  if (size.height < 1 || size.width < 1) {
    fail(ErrorCode::invalid_argument, "cannot resize a picture to ", size.height, " x ", size.width,
         " pixels (height x width); both must be at least 1");
  }
}

}  // namespace

at::Tensor resize_bilinear_u8(const at::Tensor& pixels, Size size) {
  check_shape("picture to resize", pixels, {kAny, kAny, kAny});
  check_dtype("picture to resize", pixels, at::kByte);
  check_size(size);
  const int64_t height = pixels.size(0), width = pixels.size(1), channels = pixels.size(2);
  if (height < 1 || width < 1 || channels < 1 || channels > 4) {
    fail(ErrorCode::shape_mismatch, "picture to resize is ", shape_string(pixels.sizes()),
         ", expected [H, W, C] with H, W >= 1 and 1 <= C <= 4");
  }
  if (size == Size{height, width}) return pixels;
  if (const auto run = own(&Implementation::resize_bilinear_u8, pixels)) return run(pixels, size);
  const at::Tensor resized = host_implementation().resize_bilinear_u8(on_host(pixels), size);
  return on_device(resized, pixels.device());
}

namespace {

// Pillow walks with a running sum, whose rounding decides on ties.
std::vector<int64_t> nearest_positions(int64_t in, int64_t out) {
  const double step = static_cast<double>(in) / static_cast<double>(out);
  std::vector<int64_t> positions(out);
  double position = step * 0.5;
  for (int64_t i = 0; i < out; ++i, position += step) {
    positions[i] = std::min(static_cast<int64_t>(position), in - 1);
  }
  return positions;
}

}  // namespace

at::Tensor resize_nearest(const at::Tensor& pixels, Size size) {
  if (!pixels.defined() || pixels.dim() < 2 || pixels.dim() > 3 || pixels.numel() == 0) {
    fail(ErrorCode::shape_mismatch, "map to resize is ",
         pixels.defined() ? shape_string(pixels.sizes()) : "undefined",
         ", expected [H, W] or [H, W, C] with at least one pixel");
  }
  check_size(size);
  const std::vector<int64_t> xs = nearest_positions(pixels.size(1), size.width);
  const std::vector<int64_t> ys = nearest_positions(pixels.size(0), size.height);
  const at::Tensor in = pixels.contiguous();
  std::vector<int64_t> shape = pixels.sizes().vec();
  shape[0] = size.height;
  shape[1] = size.width;
  at::Tensor out = at::empty(shape, pixels.options());
  const int64_t bytes = in.element_size() * (in.dim() == 3 ? in.size(2) : 1);
  const auto* source = static_cast<const char*>(in.data_ptr());
  auto* target = static_cast<char*>(out.data_ptr());
  at::parallel_for(0, size.height, 64, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      const char* row = source + ys[y] * in.size(1) * bytes;
      char* write = target + y * size.width * bytes;
      for (int64_t x = 0; x < size.width; ++x)
        memcpy(write + x * bytes, row + xs[x] * bytes, bytes);
    }
  });
  return out;
}

}  // namespace fcclip::ops
