// Depthwise 7×7, channels last. A tile of 8 pixels of a row × one vector of channels is held in
// registers, with the 7 weights of a kernel row: each input is loaded once per kernel row and used
// for up to 7 pixels.

#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/kernels/vec.h"

#define FCCLIP_UNROLL _Pragma("GCC unroll 16")

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int kSide = 7, kReach = kSide / 2;
constexpr int kPixels = 8;
constexpr int kColumns = kPixels + kSide - 1;
constexpr int64_t kWidth = Vec::kWidth;

// Where the inputs of a tile begin, for each kernel row that lies inside the image.
struct Window {
  const float* column[kSide][kColumns];
  int first_row, last_row;
};

template <bool kPart>
inline __attribute__((always_inline)) Vec load(const float* p, int64_t n) {
  return kPart ? Vec::load_part(p, n) : Vec::load(p);
}

template <bool kPart>
inline __attribute__((always_inline)) void convolve_channels(const DepthwiseJob& job,
                                                             const Window& window, int64_t c,
                                                             float* y, int pixels) {
  const int64_t n = job.channels - c;
  Vec sum[kPixels];
  FCCLIP_UNROLL for (int p = 0; p < kPixels; ++p) sum[p] = load<kPart>(job.bias + c, n);
  for (int row = window.first_row; row < window.last_row; ++row) {
    const float* kernel = job.kernel + row * kSide * job.channels + c;
    const float* const* column = window.column[row];
    Vec w[kSide];
    FCCLIP_UNROLL for (int k = 0; k < kSide; ++k) {
      w[k] = load<kPart>(kernel + k * job.channels, n);
    }
    FCCLIP_UNROLL for (int i = 0; i < kColumns; ++i) {
      const Vec x = load<kPart>(column[i] + c, n);
      FCCLIP_UNROLL for (int k = 0; k < kSide; ++k) {
        if (i - k >= 0 && i - k < kPixels) sum[i - k] = fma(x, w[k], sum[i - k]);
      }
    }
  }
  for (int p = 0; p < pixels; ++p) {
    if (kPart) {
      sum[p].store_part(y + p * job.ldy + c, n);
    } else {
      sum[p].store(y + p * job.ldy + c);
    }
  }
}

__attribute__((noinline)) void convolve_tile(const DepthwiseJob& job, const Window& window,
                                             float* y, int pixels) {
  int64_t c = 0;
  for (; c + kWidth <= job.channels; c += kWidth) {
    convolve_channels<false>(job, window, c, y, pixels);
  }
  if (c < job.channels) convolve_channels<true>(job, window, c, y, pixels);
}

Window window_at(const DepthwiseJob& job, int64_t y, int64_t x) {
  Window window;
  window.first_row = y < kReach ? static_cast<int>(kReach - y) : 0;
  window.last_row = y + kReach >= job.height ? static_cast<int>(job.height - y + kReach) : kSide;
  for (int row = window.first_row; row < window.last_row; ++row) {
    const float* line = job.x + (y + row - kReach) * job.width * job.channels;
    for (int i = 0; i < kColumns; ++i) {
      const int64_t column = x + i - kReach;
      const bool inside = column >= 0 && column < job.width;
      window.column[row][i] = inside ? line + column * job.channels : job.zeros;
    }
  }
  return window;
}

void depthwise7(const DepthwiseJob& job) {
  for (int64_t pixel = job.first; pixel < job.last;) {
    const int64_t y = pixel / job.width, x = pixel % job.width;
    int64_t pixels = job.width - x < kPixels ? job.width - x : kPixels;
    if (pixels > job.last - pixel) pixels = job.last - pixel;
    convolve_tile(job, window_at(job, y, x), job.y + (pixel - job.first) * job.ldy,
                  static_cast<int>(pixels));
    pixel += pixels;
  }
}

}  // namespace

void fill_depthwise(KernelTable& table) {
  table.depthwise7 = depthwise7;
}

}  // namespace fcclip::ops::FCCLIP_ISA
