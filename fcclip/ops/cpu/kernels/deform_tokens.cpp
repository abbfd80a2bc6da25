// Multi-scale deformable self-attention at inference: softmax, coordinates and the gather in one
// pass. Coordinates are computed for kWidth heads at a time (heads are the fastest axis of `raw`),
// then each head mixes 4 · levels · points rows of `value` in registers.

#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/kernels/vec.h"
#include "fcclip/ops/deform_args.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int64_t kWidth = Vec::kWidth;
constexpr int64_t kCorners = 4;

// The samples of kWidth heads of one token.
struct Samples {
  float weight[kMaxDeformPoints * kCorners * kWidth];
  int32_t row[kMaxDeformPoints * kCorners * kWidth];
};

Vec load_some(const float* p, int64_t n) {
  return n == kWidth ? Vec::load(p) : Vec::load_part(p, n);
}

Vec floor(Vec x) {
  const Vec near = round(x);
  return where_less(x, near, near - Vec::all(1), near);
}

// One axis of a bilinear sample: both neighbours, clamped to the map, and their weights, which are
// zero outside.
struct Axis {
  Vec low, high, low_weight, high_weight;
};

Axis axis(Vec x, float size) {
  // Beyond these limits nothing is sampled; max() with x first also turns NaN into the limit.
  x = min(max(x, Vec::all(-1)), Vec::all(size));
  const Vec last = Vec::all(size - 1), zero = Vec::zero(), one = Vec::all(1);
  const Vec low = floor(x), high = low + one, part = x - low;
  Axis a;
  a.low_weight = where_less(low, zero, zero, where_less(last, low, zero, one - part));
  a.high_weight = where_less(last, high, zero, part);
  a.low = min(max(low, zero), last);
  a.high = min(high, last);
  return a;
}

void store_sample(Samples& samples, int64_t index, Vec weight, Vec row) {
  weight.store(samples.weight + index * kWidth);
  float rows[kWidth];
  row.store(rows);
  for (int64_t i = 0; i < kWidth; ++i) {
    samples.row[index * kWidth + i] = static_cast<int32_t>(rows[i]);
  }
}

// `raw` points at the first of n heads; `x`, `y` are the token's position in units of its map.
void make_samples(const DeformTokens& t, const float* raw, int64_t n, float x, float y,
                  Samples& samples) {
  const int64_t count = t.levels.count * t.points, plane = count * t.heads;
  const float* logits = raw + 2 * plane;
  Vec top = load_some(logits, n);
  for (int64_t i = 1; i < count; ++i) top = max(top, load_some(logits + i * t.heads, n));
  Vec weights[kMaxDeformPoints];
  Vec total = Vec::zero();
  for (int64_t i = 0; i < count; ++i) {
    weights[i] = exp(load_some(logits + i * t.heads, n) - top);
    total = total + weights[i];
  }
  const Vec scale = Vec::all(1) / total;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t level = i / t.points;
    const float width = static_cast<float>(t.levels.width[level]);
    const float height = static_cast<float>(t.levels.height[level]);
    const Vec start = Vec::all(static_cast<float>(t.levels.start[level]));
    const float* offset = raw + i * t.heads;
    const Axis h = axis(load_some(offset, n) + Vec::all(x * width - 0.5f), width);
    const Axis v = axis(load_some(offset + plane, n) + Vec::all(y * height - 0.5f), height);
    const Vec weight = weights[i] * scale;
    const Vec upper = weight * v.low_weight, lower = weight * v.high_weight;
    // Rows are whole numbers below 2^24 (checked by the caller), exact as floats.
    const Vec upper_row = fma(v.low, Vec::all(width), start);
    const Vec lower_row = fma(v.high, Vec::all(width), start);
    store_sample(samples, i * kCorners, upper * h.low_weight, upper_row + h.low);
    store_sample(samples, i * kCorners + 1, upper * h.high_weight, upper_row + h.high);
    store_sample(samples, i * kCorners + 2, lower * h.low_weight, lower_row + h.low);
    store_sample(samples, i * kCorners + 3, lower * h.high_weight, lower_row + h.high);
  }
}

// kVecs vectors of one head; `lane` is the head's place in `samples`.
template <int kVecs>
void mix(const DeformTokens& t, const Samples& samples, int64_t lane, const float* value,
         float* out) {
  const int64_t count = t.levels.count * t.points * kCorners, stride = t.heads * t.head_dim;
  Vec sum[kVecs];
  for (int v = 0; v < kVecs; ++v) sum[v] = Vec::zero();
  for (int64_t i = 0; i < count; ++i) {
    const Vec weight = Vec::all(samples.weight[i * kWidth + lane]);
    const float* row = value + samples.row[i * kWidth + lane] * stride;
    for (int v = 0; v < kVecs; ++v) sum[v] = fma(weight, Vec::load(row + v * kWidth), sum[v]);
  }
  for (int v = 0; v < kVecs; ++v) sum[v].store(out + v * kWidth);
}

void mix_part(const DeformTokens& t, const Samples& samples, int64_t lane, int64_t n,
              const float* value, float* out) {
  const int64_t count = t.levels.count * t.points * kCorners, stride = t.heads * t.head_dim;
  Vec sum = Vec::zero();
  for (int64_t i = 0; i < count; ++i) {
    const float* row = value + samples.row[i * kWidth + lane] * stride;
    sum = fma(Vec::all(samples.weight[i * kWidth + lane]), Vec::load_part(row, n), sum);
  }
  sum.store_part(out, n);
}

void mix_head(const DeformTokens& t, const Samples& samples, int64_t lane, const float* value,
              float* out) {
  int64_t d = 0;
  for (; d + 4 * kWidth <= t.head_dim; d += 4 * kWidth) {
    mix<4>(t, samples, lane, value + d, out + d);
  }
  for (; d + 2 * kWidth <= t.head_dim; d += 2 * kWidth) {
    mix<2>(t, samples, lane, value + d, out + d);
  }
  for (; d + kWidth <= t.head_dim; d += kWidth) mix<1>(t, samples, lane, value + d, out + d);
  if (d < t.head_dim) mix_part(t, samples, lane, t.head_dim - d, value + d, out + d);
}

void deform_tokens(const DeformTokens& t, int64_t begin, int64_t end) {
  const int64_t raw_row = 3 * t.levels.count * t.points * t.heads, channels = t.heads * t.head_dim;
  int64_t level = 0;
  Samples samples;
  for (int64_t token = begin; token < end; ++token) {
    while (token >= t.levels.start[level] + t.levels.height[level] * t.levels.width[level]) ++level;
    const int64_t place = token - t.levels.start[level];
    const float x = (static_cast<float>(place % t.levels.width[level]) + 0.5f) /
                    static_cast<float>(t.levels.width[level]);
    const float y = (static_cast<float>(place / t.levels.width[level]) + 0.5f) /
                    static_cast<float>(t.levels.height[level]);
    for (int64_t head = 0; head < t.heads; head += kWidth) {
      const int64_t n = t.heads - head < kWidth ? t.heads - head : kWidth;
      make_samples(t, t.raw + token * raw_row + head, n, x, y, samples);
      for (int64_t lane = 0; lane < n; ++lane) {
        const int64_t at = (head + lane) * t.head_dim;
        mix_head(t, samples, lane, t.value + at, t.out + token * channels + at);
      }
    }
  }
}

}  // namespace

void fill_deform_tokens(KernelTable& table) {
  table.deform_tokens = deform_tokens;
}

}  // namespace fcclip::ops::FCCLIP_ISA
