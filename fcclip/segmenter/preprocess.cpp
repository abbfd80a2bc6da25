#include "fcclip/segmenter/preprocess.h"

#include <algorithm>
#include <array>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/host.h"
#include "fcclip/ops/resize_u8.h"

namespace fcclip::segmenter {
namespace {

int64_t round_up(int64_t value, int64_t divisor) {
  return (value + divisor - 1) / divisor * divisor;
}

using NormalTable = std::array<std::array<float, 256>, 3>;

// There are only 256 values a channel; float32 throughout, as the reference normalises.
NormalTable normal_table(const model::PixelConfig& config) {
  NormalTable table;
  for (int c = 0; c < 3; ++c) {
    const auto mean = static_cast<float>(config.mean[c]), std = static_cast<float>(config.std[c]);
    for (int v = 0; v < 256; ++v) table[c][v] = (static_cast<float>(v) - mean) / std;
  }
  return table;
}

at::Tensor normalise_and_pad(const at::Tensor& resized, Size padded,
                             const model::PixelConfig& config) {
  const at::Tensor in = resized.contiguous();
  at::Tensor out = at::empty({1, padded.height, padded.width, 3}, at::kFloat);
  const NormalTable table = normal_table(config);
  const int64_t height = in.size(0), width = in.size(1);
  const uint8_t* pixels = in.data_ptr<uint8_t>();
  float* target = out.data_ptr<float>();
  at::parallel_for(0, padded.height, 32, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      float* row = target + y * padded.width * 3;
      const int64_t filled = y < height ? width : 0;
      const uint8_t* source = pixels + y * width * 3;
      for (int64_t x = 0; x < filled * 3; x += 3) {
        row[x] = table[0][source[x]];
        row[x + 1] = table[1][source[x + 1]];
        row[x + 2] = table[2][source[x + 2]];
      }
      std::fill(row + filled * 3, row + padded.width * 3, 0.0f);
    }
  });
  return out;
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
                        int64_t max_side) {
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
  input.resized = ops::resize_bilinear_u8(rgb, input.resized_size);
  input.pixels = normalise_and_pad(input.resized, input.padded_size, config);
  return input;
}

at::Tensor network_input(const at::Tensor& rgb, const model::PixelConfig& pixels,
                         at::Device device) {
  const auto there = [&](const std::vector<double>& numbers) {
    return ops::on_device(at::tensor(numbers, at::kDouble).to(at::kFloat), device);
  };
  const at::Tensor mean = there({pixels.mean.begin(), pixels.mean.end()});
  const at::Tensor std = there({pixels.std.begin(), pixels.std.end()});
  return ops::on_device(rgb, device).to(at::kFloat).sub(mean).div_(std);
}

}  // namespace fcclip::segmenter
