#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/ops/cpu/ops.h"

namespace fcclip::ops::cpu {
namespace {

using NormalTable = std::array<std::array<float, 256>, 3>;

// There are only 256 values a channel.
NormalTable normal_table(const PixelNorm& norm) {
  NormalTable table;
  for (size_t c = 0; c < 3; ++c) {
    const auto mean = static_cast<float>(norm.mean[c]), std = static_cast<float>(norm.std[c]);
    for (size_t v = 0; v < 256; ++v) table[c][v] = (static_cast<float>(v) - mean) / std;
  }
  return table;
}

}  // namespace

at::Tensor normalise_and_pad(const at::Tensor& pixels, const PixelNorm& norm, Size padded) {
  const at::Tensor in = pixels.contiguous();
  const int64_t pictures = in.size(0), height = in.size(1), width = in.size(2);
  const at::Tensor out = at::empty({pictures, padded.height, padded.width, 3}, at::kFloat);
  const NormalTable table = normal_table(norm);
  const uint8_t* first = in.const_data_ptr<uint8_t>();
  float* target = out.data_ptr<float>();
  at::parallel_for(0, pictures * padded.height, 32, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t picture = at / padded.height, y = at % padded.height;
      float* row = target + at * padded.width * 3;
      const int64_t filled = y < height ? width : 0;
      const uint8_t* source = first + (picture * height + y) * width * 3;
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

}  // namespace fcclip::ops::cpu
