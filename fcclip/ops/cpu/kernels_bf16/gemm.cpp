// Matrix product in bfloat16 with sums in float32, by AVX512-BF16: an instruction multiplies pairs, so a step of two columns
// costs what one of float32 costs.

#include "fcclip/ops/cpu/bf16_kernels.h"
#include "fcclip/ops/cpu/kernels/gemm_tiles.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int64_t kDepth = 512;

inline __m512bh pairs_at(const uint16_t* p) {
  return reinterpret_cast<__m512bh>(_mm512_loadu_si512(p));
}

struct Bf16Kernel {
  using Element = uint16_t;  // bfloat16
  static constexpr int kRows = 14;

  template <int R>
  static inline __attribute__((always_inline)) void accumulate(const Tile<uint16_t>& tile,
                                                               Vec (&sum)[R][2]) {
    const uint16_t* a = tile.a;
    const uint16_t* b = tile.b;
    const uint16_t* ahead = tile.ahead;
    for (int64_t k = 0; k < tile.depth; k += 2, a += 2, b += 2 * kPanel, ahead += 2 * kAhead) {
      __builtin_prefetch(ahead, 0, 2);
      const __m512bh b0 = pairs_at(b), b1 = pairs_at(b + kPanel);
      FCCLIP_UNROLL for (int r = 0; r < R; ++r) {
        int32_t pair;
        __builtin_memcpy(&pair, a + r * tile.lda, sizeof pair);
        const __m512bh x = reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair));
        sum[r][0].v = _mm512_dpbf16_ps(sum[r][0].v, x, b0);
        sum[r][1].v = _mm512_dpbf16_ps(sum[r][1].v, x, b1);
      }
    }
  }
};

// Rounded to nearest, ties to even; a zero behind an odd number of columns.
void round_row(const float* from, int64_t columns, uint16_t* to) {
  for (int64_t k = 0; k < columns; k += kWidth) {
    const int64_t left = columns - k;
    const auto mask = static_cast<__mmask16>(left >= kWidth ? 0xffff : (1u << left) - 1);
    const auto stored = static_cast<__mmask16>(mask | (mask << 1 & (left % 2 == 1 ? 0xffff : 0)));
    const __m256i rounded =
        reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, from + k)));
    _mm256_mask_storeu_epi16(to + k, stored, rounded);
  }
}

void gemm(const GemmJob& job) {
  const PackShape& shape = job.shape;
  for (int64_t k = 0; k < shape.k; k += shape.depth) {
    const int64_t columns = shape.k - k < shape.depth ? shape.k - k : shape.depth;
    const int64_t depth = columns + columns % 2;
    for (int64_t r = 0; r < job.rows; ++r) {
      round_row(job.a + r * job.lda + k, columns, job.rounded_rows + r * shape.depth);
    }
    all_panels<Bf16Kernel>(
        job, {job.rounded_rows, shape.depth, job.packed_bf16 + k * shape.padded_n(), depth, k == 0,
              k + columns == shape.k});
  }
}

PackShape pack_shape(int64_t n, int64_t k) {
  const int64_t blocks = (k + kDepth - 1) / kDepth;
  const int64_t depth = blocks > 0 ? (k + blocks - 1) / blocks : 2;
  return {n, k, kPanel, depth + depth % 2, Bf16Kernel::kRows};
}

}  // namespace

Bf16Kernels bf16_kernels() {
  return {pack_shape, gemm};
}

}  // namespace fcclip::ops::FCCLIP_ISA
