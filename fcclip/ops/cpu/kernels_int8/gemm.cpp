// Matrix product in 8 bits by AVX512-VNNI: an instruction multiplies four columns and sums them in 32-bit whole numbers, exactly.
// Each row of a has a factor and a zero of its own in each block of columns, found when the block is multiplied.

#include "fcclip/ops/cpu/int8_kernels.h"
#include "fcclip/ops/cpu/kernels/gemm_tiles.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int64_t kDepth = 512;

inline __m512i sixteen_at(const uint8_t* p) {
  return _mm512_loadu_si512(p);
}

template <typename T>
inline T value_at(const uint8_t* p) {
  T value;
  __builtin_memcpy(&value, p, sizeof value);
  return value;
}

// Whole numbers in the registers of floats.
inline Vec plus_products(Vec sum, __m512i x, __m512i w) {
  // GCC 12 stores the sums at every step where it sees _mm512_dpbusd_epi32.
  asm("vpdpbusd %2, %1, %0" : "+v"(sum.v) : "v"(x), "v"(w));
  return sum;
}
inline Vec without(Vec sum, __m512i zero, __m512i sums) {
  const __m512i shift = _mm512_mullo_epi32(zero, sums);
  return {_mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_castps_si512(sum.v), shift))};
}

struct Int8Kernel {
  using Element = uint8_t;  // of a unsigned, of the weights signed
  static constexpr int kRows = 14;

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
      const __m512i b0 = sixteen_at(b), b1 = sixteen_at(b + 2 * kPanel);
      FCCLIP_UNROLL for (int r = 0; r < R; ++r) {
        const __m512i x = _mm512_set1_epi32(value_at<int32_t>(a + r * tile.lda));
        sum[r][0] = plus_products(sum[r][0], x, b0);
        sum[r][1] = plus_products(sum[r][1], x, b1);
      }
    }
    const Vec factor0 = {_mm512_loadu_ps(b)}, factor1 = {_mm512_loadu_ps(b + 2 * kPanel)};
    const __m512i sums0 = sixteen_at(b + 4 * kPanel), sums1 = sixteen_at(b + 6 * kPanel);
    const Vec bias0 = tile.bias ? Vec::load(tile.bias) : Vec::zero(),
              bias1 = tile.bias ? Vec::load(tile.bias + kWidth) : Vec::zero();
    FCCLIP_UNROLL for (int r = 0; r < R; ++r) {
      const Vec factor = Vec::all(value_at<float>(a + r * tile.lda));
      const __m512i zero = _mm512_set1_epi32(value_at<int32_t>(a + r * tile.lda + 4));
      sum[r][0] = fma(without(sum[r][0], zero, sums0), factor * factor0, bias0);
      sum[r][1] = fma(without(sum[r][1], zero, sums1), factor * factor1, bias1);
    }
  }
};

// A row's numbers as 0 … 255: x ≈ (number - zero) · factor; zeros after the columns. What is not finite makes the factor so.
void narrow_row(const float* from, int64_t columns, uint8_t* to, int64_t depth) {
  Vec low = Vec::zero(), high = Vec::zero(), odd = Vec::zero();
  const auto part = [&](int64_t k) {
    return static_cast<__mmask16>(columns - k >= kWidth ? 0xffff : (1u << (columns - k)) - 1);
  };
  for (int64_t k = 0; k < columns; k += kWidth) {
    const Vec x = {_mm512_maskz_loadu_ps(part(k), from + k)};
    low = min(low, x);
    high = max(high, x);
    odd = fma(x, Vec::zero(), odd);
  }
  const float least = _mm512_reduce_min_ps(low.v), range = _mm512_reduce_max_ps(high.v) - least;
  const float factor = range / 255 + odd.sum(), inverse = range > 0 ? 255 / range : 0;
  const bool is_finite = factor - factor == 0;
  const int32_t zero = is_finite ? static_cast<int32_t>(-least * inverse + 0.5f) : 0;
  const __m512i shift = _mm512_set1_epi32(zero);
  for (int64_t k = 0; k < columns; k += kWidth) {
    const Vec x = Vec{_mm512_maskz_loadu_ps(part(k), from + k)} * Vec::all(inverse);
    const __m512i number = _mm512_add_epi32(_mm512_cvtps_epi32(x.v), shift);
    _mm512_mask_cvtusepi32_storeu_epi8(to + k, part(k),
                                       _mm512_max_epi32(number, _mm512_setzero_si512()));
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
