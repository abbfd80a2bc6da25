// Multi-scale deformable attention at given locations, with its gradients: what training runs.
// float is for use, double for checking gradients by finite differences.

#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/deform_sample.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

template <typename T>
void add_scaled(T scale, const T* __restrict x, T* __restrict y, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) y[i] += scale * x[i];
}

template <typename T>
T dot(const T* __restrict x, const T* __restrict y, int64_t n) {
  T sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

template <typename T>
void samples_forward(const DeformSamples<T>& s, int64_t begin, int64_t end) {
  const int64_t stride = s.heads * s.head_dim, count = s.levels.count * s.points;
  for (int64_t unit = begin * s.heads; unit < end * s.heads; ++unit) {
    const T* value = s.value + unit % s.heads * s.head_dim;
    T* out = s.out + unit * s.head_dim;
    for (int64_t i = 0; i < s.head_dim; ++i) out[i] = 0;
    for (int64_t i = 0; i < count; ++i) {
      DeformSample<T> sample;
      const int64_t at = unit * count + i;
      if (!locate(s.levels, i / s.points, s.locations + 2 * at, sample)) continue;
      for (int c = 0; c < 4; ++c) {
        if (!sample.inside[c]) continue;
        const T weight = s.weights[at] * sample.weight(c);
        add_scaled(weight, value + sample.row[c] * stride, out, s.head_dim);
      }
    }
  }
}

// Gradients of one sample; `at` is its index in weights.
template <typename T>
void sample_backward(const DeformSamples<T>& s, const DeformSample<T>& sample, int64_t level,
                     int64_t at, int64_t head) {
  const int64_t stride = s.heads * s.head_dim, count = s.levels.count * s.points;
  const T* grad = s.grad_out + at / count * s.head_dim;
  T seen[4] = {0, 0, 0, 0};  // <grad, corner>
  for (int c = 0; c < 4; ++c) {
    if (!sample.inside[c]) continue;
    const int64_t offset = sample.row[c] * stride + head * s.head_dim;
    seen[c] = dot(grad, s.value + offset, s.head_dim);
    add_scaled(s.weights[at] * sample.weight(c), grad, s.grad_value + offset, s.head_dim);
  }
  write_gradients(s, sample, seen, level, at);
}

// Heads write to different columns of grad_value, so they are what threads share out.
template <typename T>
void samples_backward(const DeformSamples<T>& s, int64_t head) {
  const int64_t count = s.levels.count * s.points;
  for (int64_t query = 0; query < s.queries; ++query) {
    for (int64_t i = 0; i < count; ++i) {
      const int64_t at = (query * s.heads + head) * count + i;
      DeformSample<T> sample;
      if (locate(s.levels, i / s.points, s.locations + 2 * at, sample)) {
        sample_backward(s, sample, i / s.points, at, head);
      } else {
        s.grad_weights[at] = s.grad_locations[2 * at] = s.grad_locations[2 * at + 1] = 0;
      }
    }
  }
}

}  // namespace

void fill_deform_samples(KernelTable& table) {
  table.deform_samples = samples_forward<float>;
  table.deform_samples_double = samples_forward<double>;
  table.deform_samples_backward = samples_backward<float>;
  table.deform_samples_backward_double = samples_backward<double>;
}

}  // namespace fcclip::ops::FCCLIP_ISA
