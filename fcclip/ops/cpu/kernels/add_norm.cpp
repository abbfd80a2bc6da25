// LayerNorm of a sum, row by row. A row stays in the first-level cache for its three passes, so the
// variance is taken about the mean.

#include <cmath>

#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/kernels/vec.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int64_t kWidth = Vec::kWidth;

float sum_into(const float* x, const float* y, float* out, int64_t n) {
  Vec total = Vec::zero();
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    const Vec v = Vec::load(x + i) + Vec::load(y + i);
    v.store(out + i);
    total = total + v;
  }
  float sum = total.sum();
  for (; i < n; ++i) {
    out[i] = x[i] + y[i];
    sum += out[i];
  }
  return sum;
}

float squares_about(const float* x, float mean, int64_t n) {
  Vec total = Vec::zero();
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    const Vec v = Vec::load(x + i) - Vec::all(mean);
    total = fma(v, v, total);
  }
  float sum = total.sum();
  for (; i < n; ++i) sum += (x[i] - mean) * (x[i] - mean);
  return sum;
}

void add_norm(const AddNormRows& a, int64_t begin, int64_t end) {
  const int64_t n = a.channels;
  for (int64_t row = begin; row < end; ++row) {
    float* out = a.out + row * n;
    const float mean = sum_into(a.x + row * n, a.y + row * n, out, n) / static_cast<float>(n);
    const float variance = squares_about(out, mean, n) / static_cast<float>(n);
    const float scale = 1 / std::sqrt(variance + a.eps);
    int64_t i = 0;
    for (; i + kWidth <= n; i += kWidth) {
      const Vec v = (Vec::load(out + i) - Vec::all(mean)) * Vec::all(scale);
      fma(v, Vec::load(a.weight + i), Vec::load(a.bias + i)).store(out + i);
    }
    for (; i < n; ++i) out[i] = (out[i] - mean) * scale * a.weight[i] + a.bias[i];
  }
}

}  // namespace

void fill_add_norm(KernelTable& table) {
  table.add_norm = add_norm;
}

}  // namespace fcclip::ops::FCCLIP_ISA
