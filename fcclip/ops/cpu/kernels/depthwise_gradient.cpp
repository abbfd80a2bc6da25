// Sums over the taps of a depthwise 7×7 convolution, a block of channels in registers at a time.

#include "fcclip/ops/cpu/depthwise_gradient_kernels.h"
#include "fcclip/ops/cpu/kernels/vec.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int64_t kHalf = kDepthwiseKernel / 2;
constexpr int64_t kWidth = Vec::kWidth;
constexpr int kBlock = 4;  // vectors: enough independent sums to hide an addition's latency

int64_t most(int64_t a, int64_t b) {
  return a > b ? a : b;
}
int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}

// N vectors of channels, or the first `part` channels of one.
template <int N>
struct Block {
  Vec sums[N];
  Block() {
    for (Vec& sum : sums) sum = Vec::zero();
  }
  void add(const float* a, const float* b, int64_t part) {
    if (part > 0) {
      sums[0] = fma(Vec::load_part(a, part), Vec::load_part(b, part), sums[0]);
      return;
    }
    for (int i = 0; i < N; ++i) {
      sums[i] = fma(Vec::load(a + i * kWidth), Vec::load(b + i * kWidth), sums[i]);
    }
  }
  void store(float* out, int64_t part) const {
    if (part > 0) {
      sums[0].store_part(out, part);
      return;
    }
    for (int i = 0; i < N; ++i) sums[i].store(out + i * kWidth);
  }
};

// Calls run<N>(first channel, part) for all channels.
template <typename Run>
void over_channels(int64_t channels, const Run& run) {
  int64_t c = 0;
  for (; c + kBlock * kWidth <= channels; c += kBlock * kWidth) run(Block<kBlock>(), c, int64_t{0});
  for (; c + kWidth <= channels; c += kWidth) run(Block<1>(), c, int64_t{0});
  if (c < channels) run(Block<1>(), c, channels - c);
}

// What (y, x) of the input gave: to the output at (y − dy, x − dx) by the tap (dy, dx).
void to_input(const DepthwiseGradient& a, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    const int64_t y = row % a.height;
    const float* image = a.grad_out + (row - y) * a.width * a.channels;
    const int64_t top = most(-kHalf, y - a.height + 1), bottom = least(kHalf, y);
    for (int64_t x = 0; x < a.width; ++x) {
      const int64_t left = most(-kHalf, x - a.width + 1), right = least(kHalf, x);
      over_channels(a.channels, [&](auto block, int64_t c, int64_t part) {
        for (int64_t dy = top; dy <= bottom; ++dy) {
          const float* line = image + (y - dy) * a.width * a.channels + c;
          const float* taps = a.weight + ((dy + kHalf) * kDepthwiseKernel + kHalf) * a.channels + c;
          for (int64_t dx = left; dx <= right; ++dx) {
            block.add(line + (x - dx) * a.channels, taps + dx * a.channels, part);
          }
        }
        block.store(a.grad_x + (row * a.width + x) * a.channels + c, part);
      });
    }
  }
}

void to_weight(const DepthwiseGradient& a, int64_t line) {
  const int64_t dy = line - kHalf, pitch = a.width * a.channels;
  const int64_t top = most(0, -dy), bottom = least(a.height, a.height - dy);
  for (int64_t tap = 0; tap < kDepthwiseKernel; ++tap) {
    const int64_t dx = tap - kHalf;
    const int64_t left = most(0, -dx), right = least(a.width, a.width - dx);
    float* out = a.grad_weight + (line * kDepthwiseKernel + tap) * a.channels;
    over_channels(a.channels, [&](auto block, int64_t c, int64_t part) {
      for (int64_t image = 0; image < a.batch; ++image) {
        for (int64_t y = top; y < bottom; ++y) {
          const float* x = a.x + (image * a.height + y + dy) * pitch + dx * a.channels + c;
          const float* grad = a.grad_out + (image * a.height + y) * pitch + c;
          for (int64_t i = left * a.channels; i < right * a.channels; i += a.channels) {
            block.add(x + i, grad + i, part);
          }
        }
      }
      block.store(out + c, part);
    });
  }
}

}  // namespace

void fill_depthwise_gradient(DepthwiseGradientKernels& kernels) {
  kernels = {to_input, to_weight};
}

}  // namespace fcclip::ops::FCCLIP_ISA
