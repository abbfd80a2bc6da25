// Matrix product in bfloat16 with sums in float32, by AVX512-BF16: an instruction multiplies pairs, so a step of two columns
// costs what one of float32 costs.

#include "fcclip/ops/cpu/kernels_bf16/product.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

inline __m512bh pairs_at(const uint16_t* p) {
  return reinterpret_cast<__m512bh>(_mm512_loadu_si512(p));
}

struct Bf16Kernel {
  using Element = uint16_t;  // bfloat16
  static constexpr int kRows = 14;
  static constexpr int64_t kStep = 2;

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

}  // namespace

Bf16Kernels bf16_kernels() {
  return {rounded_shape<Bf16Kernel>, rounded_gemm<Bf16Kernel>};
}

}  // namespace fcclip::ops::FCCLIP_ISA
