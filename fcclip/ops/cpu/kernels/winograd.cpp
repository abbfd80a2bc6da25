// Transforms of Winograd's F(4×4, 3×3) on channels-last maps: a 3×3 convolution becomes 36 products
// of matrices with a quarter of the multiplications. Interpolation points 0, ±√½, ±√2 and infinity:
// with them the rounding error is that of a direct convolution (the textbook points 0, ±1, ±2 give
// five times more).

#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/kernels/vec.h"
#include "fcclip/ops/cpu/winograd_args.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int64_t kWidth = Vec::kWidth;
constexpr int64_t kIn = kWinogradIn, kOut = kWinogradOut;
constexpr float kS = kWinogradPoint, kT = 2 * kWinogradPoint;  // √½, √2

// Bᵀ x. The rows of ±p share their even and odd parts.
void transform_in(const Vec* x, int64_t step, Vec* y, int64_t y_step) {
  const Vec x0 = x[0], x1 = x[step], x2 = x[2 * step], x3 = x[3 * step], x4 = x[4 * step],
            x5 = x[5 * step];
  const Vec a = Vec::all(-2.5f), two = Vec::all(-2), half = Vec::all(-0.5f);
  y[0] = fma(a, x2, x0 + x4);
  const Vec even_s = fma(two, x2, x4), odd_s = Vec::all(kS) * fma(two, x1, x3);
  y[y_step] = even_s + odd_s;
  y[2 * y_step] = even_s - odd_s;
  const Vec even_t = fma(half, x2, x4), odd_t = Vec::all(kT) * fma(half, x1, x3);
  y[3 * y_step] = even_t + odd_t;
  y[4 * y_step] = even_t - odd_t;
  y[5 * y_step] = fma(a, x3, x1 + x5);
}

// Aᵀ x.
void transform_out(const Vec* x, int64_t step, Vec* y, int64_t y_step) {
  const Vec sum_s = x[step] + x[2 * step], difference_s = x[step] - x[2 * step];
  const Vec sum_t = x[3 * step] + x[4 * step], difference_t = x[3 * step] - x[4 * step];
  y[0] = x[0] + sum_s + sum_t;
  y[y_step] = fma(Vec::all(kS), difference_s, Vec::all(kT) * difference_t);
  y[2 * y_step] = fma(Vec::all(0.5f), sum_s, Vec::all(2) * sum_t);
  y[3 * y_step] =
      fma(Vec::all(0.5f * kS), difference_s, fma(Vec::all(2 * kT), difference_t, x[5 * step]));
}

Vec load_some(const float* p, int64_t n) {
  return n == kWidth ? Vec::load(p) : Vec::load_part(p, n);
}

void store_some(Vec v, float* p, int64_t n) {
  if (n == kWidth) {
    v.store(p);
  } else {
    v.store_part(p, n);
  }
}

// Tiles [begin, end) of the map into the rows of w.planes.
void winograd_in(const WinogradTiles& w, int64_t begin, int64_t end) {
  const int64_t across = (w.width + kOut - 1) / kOut;
  for (int64_t tile = begin; tile < end; ++tile) {
    const int64_t top = tile / across * kOut - 1, left = tile % across * kOut - 1;
    for (int64_t c = 0; c < w.channels; c += kWidth) {
      const int64_t n = w.channels - c < kWidth ? w.channels - c : kWidth;
      Vec patch[kIn * kIn], half[kIn * kIn], done[kIn * kIn];
      for (int64_t i = 0; i < kIn * kIn; ++i) {
        const int64_t line = top + i / kIn, column = left + i % kIn;
        const bool inside = line >= 0 && line < w.height && column >= 0 && column < w.width;
        patch[i] = inside ? load_some(w.map_in + (line * w.width + column) * w.channels + c, n)
                          : Vec::zero();
      }
      for (int64_t i = 0; i < kIn; ++i) transform_in(patch + i, kIn, half + i, kIn);
      for (int64_t i = 0; i < kIn; ++i) transform_in(half + i * kIn, 1, done + i * kIn, 1);
      float* out = w.planes + (tile - begin) * w.channels + c;
      for (int64_t i = 0; i < kIn * kIn; ++i) store_some(done[i], out + i * w.plane, n);
    }
  }
}

// Tiles [begin, end) from w.planes to the map.
void winograd_out(const WinogradTiles& w, int64_t begin, int64_t end) {
  const int64_t across = (w.width + kOut - 1) / kOut;
  for (int64_t tile = begin; tile < end; ++tile) {
    const int64_t top = tile / across * kOut, left = tile % across * kOut;
    const int64_t lines = w.height - top < kOut ? w.height - top : kOut;
    const int64_t columns = w.width - left < kOut ? w.width - left : kOut;
    for (int64_t c = 0; c < w.channels; c += kWidth) {
      const int64_t n = w.channels - c < kWidth ? w.channels - c : kWidth;
      const float* in = w.planes + (tile - begin) * w.channels + c;
      Vec product[kIn * kIn], half[kOut * kIn], done[kOut * kOut];
      for (int64_t i = 0; i < kIn * kIn; ++i) product[i] = load_some(in + i * w.plane, n);
      for (int64_t i = 0; i < kIn; ++i) transform_out(product + i, kIn, half + i, kIn);
      for (int64_t i = 0; i < kOut; ++i) transform_out(half + i * kIn, 1, done + i * kOut, 1);
      for (int64_t y = 0; y < lines; ++y) {
        float* out = w.map_out + ((top + y) * w.width + left) * w.channels + c;
        for (int64_t x = 0; x < columns; ++x)
          store_some(done[y * kOut + x], out + x * w.channels, n);
      }
    }
  }
}

}  // namespace

void fill_winograd(KernelTable& table) {
  table.winograd_in = winograd_in;
  table.winograd_out = winograd_out;
}

}  // namespace fcclip::ops::FCCLIP_ISA
