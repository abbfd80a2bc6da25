// Compiled once per instruction set: rows of mask logits at the original size.

#include "fcclip/ops/cpu/mask_rows.h"

#include "fcclip/ops/cpu/kernels/vec.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int64_t kVecs = kRowGroup / Vec::kWidth;

Vec blended(const RowBlend& r, int64_t x) {
  Vec sum = Vec::all(r.weight[0]) * Vec::load(r.row[0] + x);
  sum = fma(Vec::all(r.weight[1]), Vec::load(r.row[1] + x), sum);
  sum = fma(Vec::all(r.weight[2]), Vec::load(r.row[2] + x), sum);
  return fma(Vec::all(r.weight[3]), Vec::load(r.row[3] + x), sum);
}

// Below −88.7 the exponential overflows and float32 sigmoids are zero: ties between such pixels
// must stay ties, they decide which query is given the pixel.
Vec sigmoid_of(Vec x) {
  const Vec one = Vec::all(1.0f);
  const Vec y = one / (one + exp(Vec::zero() - x));
  return where_less(x, Vec::all(-88.72f), Vec::zero(), y);
}

void resize_columns(const float* from, const ColumnGroups& columns, float* to) {
  for (int64_t g = 0; g < columns.n_groups; ++g) {
    const ColumnGroup& group = columns.groups[g];
    Vec sum[kVecs];
    for (Vec& s : sum) s = Vec::zero();
    const float* weights = columns.weights + group.weights;
    const float* column = from + group.first;
    for (int32_t c = 0; c < group.count; ++c) {
      const Vec value = Vec::all(column[c]);
      for (int64_t v = 0; v < kVecs; ++v) {
        sum[v] = fma(value, Vec::load(weights + c * kRowGroup + v * Vec::kWidth), sum[v]);
      }
    }
    for (int64_t v = 0; v < kVecs; ++v) sum[v].store(to + g * kRowGroup + v * Vec::kWidth);
  }
}

void min_max(const float* from, int64_t stride, int64_t rows, int64_t columns, float* out) {
  float low = from[0], high = from[0];
  Vec lows = Vec::all(low), highs = lows;
  for (int64_t y = 0; y < rows; ++y) {
    const float* row = from + y * stride;
    int64_t x = 0;
    for (; x + Vec::kWidth <= columns; x += Vec::kWidth) {
      const Vec value = Vec::load(row + x);
      lows = min(lows, value);
      highs = max(highs, value);
    }
    for (; x < columns; ++x) {
      low = row[x] < low ? row[x] : low;
      high = row[x] > high ? row[x] : high;
    }
  }
  float lanes[2][Vec::kWidth];
  lows.store(lanes[0]);
  highs.store(lanes[1]);
  for (int64_t i = 0; i < Vec::kWidth; ++i) {
    low = lanes[0][i] < low ? lanes[0][i] : low;
    high = lanes[1][i] > high ? lanes[1][i] : high;
  }
  out[0] = low;
  out[1] = high;
}

void blend(const RowBlend& rows, int64_t n, float* out) {
  for (int64_t x = 0; x < n; x += Vec::kWidth) blended(rows, x).store(out + x);
}

void sigmoid(const RowBlend& rows, int64_t n, float* out, int64_t group_stride) {
  for (int64_t g = 0; g * kRowGroup < n; ++g) {
    for (int64_t v = 0; v < kVecs; ++v) {
      const Vec s = sigmoid_of(blended(rows, g * kRowGroup + v * Vec::kWidth));
      s.store(out + g * group_stride + v * Vec::kWidth);
    }
  }
}

float argmax(const RowBlend& rows, int64_t n, float score, float code, const ArgmaxRow& out) {
  const Vec half = Vec::all(0.5f), one = Vec::all(1.0f), scores = Vec::all(score);
  Vec count = Vec::zero();
  for (int64_t x = 0; x < n; x += Vec::kWidth) {
    const Vec s = sigmoid_of(blended(rows, x));
    const Vec inside = where_less(s, half, Vec::zero(), one);
    count = count + inside;
    const Vec value = scores * s, best = Vec::load(out.best + x);
    where_less(best, value, value, best).store(out.best + x);
    where_less(best, value, Vec::all(code) + inside, Vec::load(out.winner + x))
        .store(out.winner + x);
  }
  return count.sum();
}

bool mask(const RowBlend& rows, int64_t n, const MaskRow& out, double* sum) {
  const Vec zero = Vec::zero(), one = Vec::all(1.0f);
  Vec any = zero, total = zero;
  for (int64_t x = 0; x < n; x += Vec::kWidth) {
    const Vec logit = blended(rows, x);
    const Vec inside = where_less(zero, logit, one, zero);
    const Vec changed = abs(inside - Vec::load(out.inside + x));
    total = fma(inside, sigmoid_of(logit), total);
    any = any + changed;
    inside.store(out.inside + x);
    changed.store(out.changed + x);
  }
  *sum += total.sum();
  return any.sum() > 0;
}

void best_class(const ClassBlock& block, float* best, float* index) {
  Vec best_value[kVecs], best_index[kVecs];
  for (int64_t v = 0; v < kVecs; ++v) best_value[v] = Vec::all(-1.0f), best_index[v] = Vec::zero();
  for (int64_t g = 0; g < block.n_groups; ++g) {
    const float* weights = block.weights + g * block.n_queries * kClassGroup;
    Vec sum[kClassGroup][kVecs];
    for (auto& of_class : sum) {
      for (Vec& s : of_class) s = Vec::zero();
    }
    for (int64_t q = 0; q < block.n_queries; ++q) {
      Vec s[kVecs];
      for (int64_t v = 0; v < kVecs; ++v) {
        s[v] = Vec::load(block.sigmoids + q * kRowGroup + v * Vec::kWidth);
      }
      for (int64_t k = 0; k < kClassGroup; ++k) {
        const Vec weight = Vec::all(weights[q * kClassGroup + k]);
        for (int64_t v = 0; v < kVecs; ++v) sum[k][v] = fma(weight, s[v], sum[k][v]);
      }
    }
    for (int64_t k = 0; k < kClassGroup; ++k) {
      const Vec position = Vec::all(static_cast<float>(g * kClassGroup + k));
      for (int64_t v = 0; v < kVecs; ++v) {
        best_index[v] = where_less(best_value[v], sum[k][v], position, best_index[v]);
        best_value[v] = max(best_value[v], sum[k][v]);
      }
    }
  }
  for (int64_t v = 0; v < kVecs; ++v) {
    best_value[v].store(best + v * Vec::kWidth);
    best_index[v].store(index + v * Vec::kWidth);
  }
}

void add_bounds(const float* p, int64_t n, const float low_high[2], float* lower_upper[2]) {
  float* lower = lower_upper[0];
  float* upper = lower_upper[1];
  const float low = low_high[0], high = low_high[1];
  for (int64_t k = 0; k < n; ++k) {
    lower[k] += p[k] * low;
    upper[k] += p[k] * high;
  }
}

}  // namespace

void fill_mask_rows(MaskRowKernels& kernels) {
  kernels = {resize_columns, min_max, blend, sigmoid, argmax, mask, best_class, add_bounds};
}

}  // namespace fcclip::ops::FCCLIP_ISA
