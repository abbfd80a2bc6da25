// One row at a time: its few keys are scored, soft-maxed and mixed while they are in the
// first-level cache.

#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/kernels/vec.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

float dot(const float* a, const float* b, int64_t n) {
  Vec even = Vec::zero(), odd = Vec::zero();
  int64_t i = 0;
  for (; i + 2 * Vec::kWidth <= n; i += 2 * Vec::kWidth) {
    even = fma(Vec::load(a + i), Vec::load(b + i), even);
    odd = fma(Vec::load(a + i + Vec::kWidth), Vec::load(b + i + Vec::kWidth), odd);
  }
  for (; i + Vec::kWidth <= n; i += Vec::kWidth) {
    even = fma(Vec::load(a + i), Vec::load(b + i), even);
  }
  if (i < n) odd = fma(Vec::load_part(a + i, n - i), Vec::load_part(b + i, n - i), odd);
  return (even + odd).sum();
}

// scores -> weights that sum to 1
void soft_max(float* scores, int64_t n) {
  float largest = scores[0];
  for (int64_t j = 1; j < n; ++j) largest = scores[j] > largest ? scores[j] : largest;
  const Vec top = Vec::all(largest);
  Vec sums = Vec::zero();
  float sum = 0;
  int64_t j = 0;
  for (; j + Vec::kWidth <= n; j += Vec::kWidth) {
    const Vec e = exp(Vec::load(scores + j) - top);
    e.store(scores + j);
    sums = sums + e;
  }
  if (j < n) {
    exp(Vec::load_part(scores + j, n - j) - top).store_part(scores + j, n - j);
    for (; j < n; ++j) sum += scores[j];
  }
  const float inverse = 1.0f / (sum + sums.sum());
  for (j = 0; j < n; ++j) scores[j] *= inverse;
}

// out[0, width) = Σ_j weights[j] · v[path[j]]
void mix(const PrefixAttention& job, const int32_t* path, const float* weights, int64_t n,
         const float* v, float* out) {
  int64_t c = 0;
  for (; c + Vec::kWidth <= job.head_width; c += Vec::kWidth) {
    Vec sum = Vec::zero();
    for (int64_t j = 0; j < n; ++j) {
      sum = fma(Vec::all(weights[j]), Vec::load(v + path[j] * job.v_stride + c), sum);
    }
    sum.store(out + c);
  }
  for (; c < job.head_width; ++c) {
    float sum = 0;
    for (int64_t j = 0; j < n; ++j) sum += weights[j] * v[path[j] * job.v_stride + c];
    out[c] = sum;
  }
}

void prefix_attention(const PrefixAttention& job, float* scores, int64_t begin, int64_t end) {
  const int64_t width = job.heads * job.head_width;
  for (int64_t r = begin; r < end; ++r) {
    const int32_t* path = job.paths + r * job.longest;
    int64_t n = 0;
    while (n < job.longest && path[n] >= 0) ++n;
    for (int64_t c = 0; c < width; c += job.head_width) {
      float* out = job.out + r * width + c;
      if (n == 0) {
        for (int64_t i = 0; i < job.head_width; ++i) out[i] = 0;
        continue;
      }
      const float* q = job.q + r * job.q_stride + c;
      for (int64_t j = 0; j < n; ++j) {
        scores[j] = job.scale * dot(q, job.k + path[j] * job.k_stride + c, job.head_width);
      }
      soft_max(scores, n);
      mix(job, path, scores, n, job.v + c, out);
    }
  }
}

}  // namespace

void fill_prefix_attention(KernelTable& table) {
  table.prefix_attention = prefix_attention;
}

}  // namespace fcclip::ops::FCCLIP_ISA
