#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/kernels/vec.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int64_t kWidth = Vec::kWidth;

float sum_of(const float* x, int64_t n) {
  Vec s0 = Vec::zero(), s1 = Vec::zero();
  int64_t i = 0;
  for (; i + 2 * kWidth <= n; i += 2 * kWidth) {
    s0 = s0 + Vec::load(x + i);
    s1 = s1 + Vec::load(x + i + kWidth);
  }
  float sum = (s0 + s1).sum();
  for (; i < n; ++i) sum += x[i];
  return sum;
}

float sum_of_squares(const float* x, int64_t n, float mean) {
  const Vec m = Vec::all(mean);
  Vec s0 = Vec::zero(), s1 = Vec::zero();
  int64_t i = 0;
  for (; i + 2 * kWidth <= n; i += 2 * kWidth) {
    const Vec d0 = Vec::load(x + i) - m, d1 = Vec::load(x + i + kWidth) - m;
    s0 = fma(d0, d0, s0);
    s1 = fma(d1, d1, s1);
  }
  float sum = (s0 + s1).sum();
  for (; i < n; ++i) sum += (x[i] - mean) * (x[i] - mean);
  return sum;
}

// The variance from differences to the mean, in a second pass over a row that is still in the
// first-level cache: the difference of two sums would lose the digits that a large mean takes.
void norm_rows(const NormRows& norm, const float* x, int64_t ldx, float* y, int64_t ldy,
               int64_t rows) {
  const int64_t n = norm.channels;
  for (int64_t r = 0; r < rows; ++r, x += ldx, y += ldy) {
    const float mean = sum_of(x, n) / static_cast<float>(n);
    const float variance = sum_of_squares(x, n, mean) / static_cast<float>(n);
    const float scale = 1.0f / __builtin_sqrtf(variance + norm.eps);
    const Vec m = Vec::all(mean), s = Vec::all(scale);
    int64_t i = 0;
    for (; i + kWidth <= n; i += kWidth) {
      const Vec normed = (Vec::load(x + i) - m) * s;
      fma(normed, Vec::load(norm.weight + i), Vec::load(norm.bias + i)).store(y + i);
    }
    for (; i < n; ++i) y[i] = (x[i] - mean) * scale * norm.weight[i] + norm.bias[i];
  }
}

}  // namespace

void fill_layer_norm(KernelTable& table) {
  table.norm_rows = norm_rows;
}

}  // namespace fcclip::ops::FCCLIP_ISA
