#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/round_up.h"
#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/ops.h"

namespace fcclip::ops::cpu {
namespace {

// Moments are taken in chunks of fixed size and merged in order: the same result with any number of
// threads.
constexpr int64_t kChunkRows = 1024;

struct Affine {
  std::vector<float> scale, shift;
};

std::vector<ChannelMoments> moments_of(const at::Tensor& x) {
  const int64_t channels = x.size(-1), rows = x.numel() / channels;
  const int64_t chunks = divide_up(rows, kChunkRows);
  std::vector<ChannelMoments> moments(static_cast<size_t>(chunks * channels));
  const float* data = x.const_data_ptr<float>();
  at::parallel_for(0, chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      const int64_t row = chunk * kChunkRows;
      kernels().channel_moments(data + row * channels, std::min(kChunkRows, rows - row), channels,
                                moments.data() + chunk * channels);
    }
  });
  return moments;
}

// Mean and variance of a group from those of its channels' chunks, each of which counts by its
// size.
void group_affine(const std::vector<ChannelMoments>& moments, const GroupNormWeights& norm,
                  int64_t group, Affine& affine) {
  const int64_t channels = norm.weight.size(0), width = channels / norm.groups;
  double count = 0, sum = 0, squares = 0;
  const auto each = [&](const auto& use) {
    for (size_t start = 0; start < moments.size(); start += static_cast<size_t>(channels)) {
      for (int64_t c = group * width; c < (group + 1) * width; ++c) {
        use(moments[start + static_cast<size_t>(c)]);
      }
    }
  };
  each([&](const ChannelMoments& m) { count += m.count, sum += m.count * m.mean; });
  const double mean = sum / count;
  each([&](const ChannelMoments& m) {
    squares += m.squares + m.count * (m.mean - mean) * (m.mean - mean);
  });
  const double inverse = 1 / std::sqrt(squares / count + norm.eps);
  for (int64_t c = group * width; c < (group + 1) * width; ++c) {
    const double scale = norm.weight.const_data_ptr<float>()[c] * inverse;
    affine.scale[static_cast<size_t>(c)] = static_cast<float>(scale);
    affine.shift[static_cast<size_t>(c)] =
        static_cast<float>(norm.bias.const_data_ptr<float>()[c] - mean * scale);
  }
}

Affine affine_of(const at::Tensor& x, const GroupNormWeights& norm) {
  const int64_t channels = norm.weight.size(0);
  Affine affine = {std::vector<float>(static_cast<size_t>(channels)),
                   std::vector<float>(static_cast<size_t>(channels))};
  const std::vector<ChannelMoments> moments = moments_of(x);
  for (int64_t group = 0; group < norm.groups; ++group) group_affine(moments, norm, group, affine);
  return affine;
}

ScaleShiftRows scale_shift_job(const at::Tensor& x, const Affine& affine, const at::Tensor& out) {
  ScaleShiftRows job;
  job.x = x.const_data_ptr<float>();
  job.out = out.data_ptr<float>();
  job.scale = affine.scale.data();
  job.shift = affine.shift.data();
  job.channels = x.size(-1);
  return job;
}

std::vector<UpsampleTap> upsample_taps(int64_t coarse, int64_t fine) {
  std::vector<UpsampleTap> taps(static_cast<size_t>(fine));
  const double step = static_cast<double>(coarse) / static_cast<double>(fine);
  for (int64_t i = 0; i < fine; ++i) {
    const double at = std::max(0.0, (static_cast<double>(i) + 0.5) * step - 0.5);
    UpsampleTap& tap = taps[static_cast<size_t>(i)];
    tap.low = std::min(static_cast<int64_t>(at), coarse - 1);
    tap.high = std::min(tap.low + 1, coarse - 1);
    tap.part = static_cast<float>(at - static_cast<double>(tap.low));
  }
  return taps;
}

void add_upsampled(const ScaleShiftRows& job, const at::Tensor& coarse, const at::Tensor& out) {
  const auto vertical = upsample_taps(coarse.size(0), out.size(0)),
             horizontal = upsample_taps(coarse.size(1), out.size(1));
  UpsampledMap map;
  map.data = coarse.const_data_ptr<float>();
  map.width = coarse.size(1);
  map.fine_width = out.size(1);
  map.vertical = vertical.data();
  map.horizontal = horizontal.data();
  at::parallel_for(0, out.size(0) * out.size(1), 256, [&](int64_t begin, int64_t end) {
    kernels().scale_shift_add_upsampled(job, map, begin, end);
  });
}

}  // namespace

void group_norm(const at::Tensor& x, const GroupNormWeights& norm, const AfterGroupNorm& after,
                const at::Tensor& out) {
  const Affine affine = affine_of(x, norm);
  ScaleShiftRows job = scale_shift_job(x, affine, out);
  job.relu = after.relu;
  if (after.coarse.defined()) return add_upsampled(job, after.coarse, out);
  at::parallel_for(0, x.numel() / job.channels, 256,
                   [&](int64_t begin, int64_t end) { kernels().scale_shift(job, begin, end); });
}

}  // namespace fcclip::ops::cpu
