// Matrix product in 8 bits by AVX512-VNNI or AVX-VNNI: an instruction multiplies four columns and sums them in 32-bit whole numbers, exactly.
// Each row of a has a factor and a zero of its own in each block of columns, found when the block is multiplied.

#include "fcclip/ops/cpu/int8_kernels.h"
#include "fcclip/ops/cpu/kernels/gemm_tiles.h"
#include "fcclip/ops/cpu/kernels_int8/whole.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int64_t kDepth = 512;

template <typename T>
inline T value_at(const uint8_t* p) {
  T value;
  __builtin_memcpy(&value, p, sizeof value);
  return value;
}

inline Vec floats_at(const uint8_t* p) {
  return Vec::load(reinterpret_cast<const float*>(p));
}

struct Int8Kernel {
  using Element = uint8_t;                             // of a unsigned, of the weights signed
  static constexpr int kRows = kWidth == 16 ? 14 : 6;  // of 32 registers or 16, as in float32

  template <int R>
  static inline __attribute__((always_inline)) void accumulate(const Tile<uint8_t>& tile,
                                                               Vec (&sum)[R][2]) {
    const uint8_t* a = tile.a;
    const uint8_t* b = tile.b;
    const uint8_t* ahead = tile.ahead;
    // Whole numbers lie in the registers of the sums.
    FCCLIP_UNROLL for (int r = 0; r < R; ++r) {
      sum[r][0] = Vec::zero();
      sum[r][1] = Vec::zero();
    }
    for (int64_t k = kInt8Tail; k < tile.depth; k += 4, a += 4, b += 4 * kPanel) {
      __builtin_prefetch(ahead, 0, 2);
      ahead += 4 * kAhead;
      const Whole b0 = Whole::load(b), b1 = Whole::load(b + 2 * kPanel);
      FCCLIP_UNROLL for (int r = 0; r < R; ++r) {
        const Whole x = Whole::all(value_at<int32_t>(a + r * tile.lda));
        sum[r][0] = plus_products(sum[r][0], x, b0);
        sum[r][1] = plus_products(sum[r][1], x, b1);
      }
    }
    const Vec factor0 = floats_at(b), factor1 = floats_at(b + 2 * kPanel);
    const Whole sums0 = Whole::load(b + 4 * kPanel), sums1 = Whole::load(b + 6 * kPanel);
    const Vec bias0 = tile.bias ? Vec::load(tile.bias) : Vec::zero(),
              bias1 = tile.bias ? Vec::load(tile.bias + kWidth) : Vec::zero();
    FCCLIP_UNROLL for (int r = 0; r < R; ++r) {
      const Vec factor = Vec::all(value_at<float>(a + r * tile.lda));
      const Whole zero = Whole::all(value_at<int32_t>(a + r * tile.lda + 4));
      sum[r][0] = fma(without(sum[r][0], zero, sums0), factor * factor0, bias0);
      sum[r][1] = fma(without(sum[r][1], zero, sums1), factor * factor1, bias1);
    }
  }
};

// A row's numbers as 0 … 255: x ≈ (number - zero) · factor; zeros after the columns. What is not finite makes the factor so.
void narrow_row(const float* from, int64_t columns, uint8_t* to, int64_t depth) {
  Vec low = Vec::zero(), high = Vec::zero(), odd = Vec::zero();
  for (int64_t k = 0; k < columns; k += kWidth) {
    const Vec x = load_some(from + k, columns - k);
    low = min(low, x);
    high = max(high, x);
    odd = fma(x, Vec::zero(), odd);
  }
  const float smallest = least(low), range = greatest(high) - smallest;
  const float factor = range / 255 + odd.sum(), inverse = range > 0 ? 255 / range : 0;
  const bool is_finite = factor - factor == 0;
  const int32_t zero = is_finite ? static_cast<int32_t>(-smallest * inverse + 0.5f) : 0;
  for (int64_t k = 0; k < columns; k += kWidth) {
    const Vec x = load_some(from + k, columns - k) * Vec::all(inverse);
    store_some(x, Whole::all(zero), columns - k, to + k);
  }
  for (int64_t k = columns; k < depth; ++k) to[k] = 0;
  __builtin_memcpy(to + depth, &factor, sizeof factor);
  __builtin_memcpy(to + depth + 4, &zero, sizeof zero);
}

void gemm(const GemmJob& job) {
  const PackShape& shape = job.shape;
  const uint8_t* packed = job.packed_int8;
  for (int64_t k = 0; k < shape.k; k += shape.depth) {
    const int64_t columns = shape.k - k < shape.depth ? shape.k - k : shape.depth;
    const int64_t depth = (columns + 3) / 4 * 4, stored = depth + kInt8Tail;
    for (int64_t r = 0; r < job.rows; ++r) {
      narrow_row(job.a + r * job.lda + k, columns, job.narrow_rows + r * stored, depth);
    }
    all_panels<Int8Kernel>(
        job, {job.narrow_rows, stored, packed, stored, k == 0, k + columns == shape.k});
    packed += stored * shape.padded_n();
  }
}

PackShape pack_shape(int64_t n, int64_t k) {
  const int64_t blocks = (k + kDepth - 1) / kDepth;
  const int64_t depth = blocks > 0 ? (k + blocks - 1) / blocks : 4;
  return {n, k, kPanel, (depth + 3) / 4 * 4, Int8Kernel::kRows};
}

}  // namespace

Int8Kernels int8_kernels() {
  return {pack_shape, gemm};
}

}  // namespace fcclip::ops::FCCLIP_ISA
