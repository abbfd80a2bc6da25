// Multi-scale deformable attention at given locations, with its gradients: what training runs.
// float is for use, double for checking gradients by finite differences.

#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/deform_args.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

// A bilinear sample of one level: four corners, clockwise from the upper left by rows.
template <typename T>
struct Sample {
  bool inside[4];
  int64_t row[4];
  T part_x, part_y;
  T weight(int corner) const {
    return (corner % 2 != 0 ? part_x : 1 - part_x) * (corner / 2 != 0 ? part_y : 1 - part_y);
  }
};

// False when the location is too far outside (or not a number): nothing is sampled.
template <typename T>
bool locate(const DeformLevels& levels, int64_t level, const T* location, Sample<T>& sample) {
  const int64_t width = levels.width[level], height = levels.height[level];
  const T x = location[0] * static_cast<T>(width) - T(0.5);
  const T y = location[1] * static_cast<T>(height) - T(0.5);
  if (!(x > -1 && y > -1 && x < static_cast<T>(width) && y < static_cast<T>(height))) return false;
  // Truncation of x + 1 >= 0 is floor.
  const int64_t left = static_cast<int64_t>(x + 1) - 1, top = static_cast<int64_t>(y + 1) - 1;
  sample.part_x = x - static_cast<T>(left);
  sample.part_y = y - static_cast<T>(top);
  for (int corner = 0; corner < 4; ++corner) {
    const int64_t column = left + corner % 2, line = top + corner / 2;
    sample.inside[corner] = column >= 0 && column < width && line >= 0 && line < height;
    sample.row[corner] = levels.start[level] + line * width + column;
  }
  return true;
}

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
      Sample<T> sample;
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
void sample_backward(const DeformSamples<T>& s, const Sample<T>& sample, int64_t level, int64_t at,
                     int64_t head) {
  const int64_t stride = s.heads * s.head_dim, count = s.levels.count * s.points;
  const T* grad = s.grad_out + at / count * s.head_dim;
  T seen[4] = {0, 0, 0, 0};  // <grad, corner>
  for (int c = 0; c < 4; ++c) {
    if (!sample.inside[c]) continue;
    const int64_t offset = sample.row[c] * stride + head * s.head_dim;
    seen[c] = dot(grad, s.value + offset, s.head_dim);
    add_scaled(s.weights[at] * sample.weight(c), grad, s.grad_value + offset, s.head_dim);
  }
  const T x = sample.part_x, y = sample.part_y;
  const T upper = seen[1] - seen[0], lower = seen[3] - seen[2];
  const T left = seen[2] - seen[0], right = seen[3] - seen[1];
  s.grad_weights[at] = (1 - y) * (seen[0] + x * upper) + y * (seen[2] + x * lower);
  s.grad_locations[2 * at] =
      s.weights[at] * static_cast<T>(s.levels.width[level]) * ((1 - y) * upper + y * lower);
  s.grad_locations[2 * at + 1] =
      s.weights[at] * static_cast<T>(s.levels.height[level]) * ((1 - x) * left + x * right);
}

// Heads write to different columns of grad_value, so they are what threads share out.
template <typename T>
void samples_backward(const DeformSamples<T>& s, int64_t head) {
  const int64_t count = s.levels.count * s.points;
  for (int64_t query = 0; query < s.queries; ++query) {
    for (int64_t i = 0; i < count; ++i) {
      const int64_t at = (query * s.heads + head) * count + i;
      Sample<T> sample;
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
