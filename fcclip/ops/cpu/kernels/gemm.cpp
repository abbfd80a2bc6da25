// Matrix product with packed weights; bias, activation and residual are applied while a tile is in
// the first-level cache. A step of k costs 2 loads of weights, kRows broadcasts and 2·kRows
// multiply-adds.

#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/kernels/gemm_tiles.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int64_t kDepth = 256;

struct FloatKernel {
  using Element = float;
  // Registers: 2·kRows accumulators, 2 of weights and 1 broadcast; 32 registers with AVX-512, 16
  // otherwise.
#ifdef __AVX512F__
  static constexpr int kRows = 14;
#else
  static constexpr int kRows = 6;
#endif

  template <int R>
  static inline __attribute__((always_inline)) void accumulate(const Tile<float>& tile,
                                                               Vec (&sum)[R][2]) {
    const float* a = tile.a;
    const float* b = tile.b;
    const float* ahead = tile.ahead;
    for (int64_t k = 0; k < tile.depth; ++k, ++a, b += kPanel, ahead += kAhead) {
      __builtin_prefetch(ahead, 0, 2);
      const Vec b0 = Vec::load(b), b1 = Vec::load(b + kWidth);
      FCCLIP_UNROLL for (int r = 0; r < R; ++r) {
        const Vec x = Vec::all(a[r * tile.lda]);
        sum[r][0] = fma(x, b0, sum[r][0]);
        sum[r][1] = fma(x, b1, sum[r][1]);
      }
    }
  }
};

void gemm(const GemmJob& job) {
  const PackShape& shape = job.shape;
  for (int64_t k = 0; k < shape.k; k += shape.depth) {
    const int64_t depth = shape.k - k < shape.depth ? shape.k - k : shape.depth;
    all_panels<FloatKernel>(job, {job.a + k, job.lda, job.packed + k * shape.padded_n(), depth,
                                  k == 0, k + depth == shape.k});
  }
}

PackShape pack_shape(int64_t n, int64_t k) {
  // Blocks of equal depth: a short last one would not pay for its pass over c.
  const int64_t blocks = (k + kDepth - 1) / kDepth;
  return {n, k, kPanel, blocks > 0 ? (k + blocks - 1) / blocks : 1, FloatKernel::kRows};
}

}  // namespace

void fill_gemm(KernelTable& table) {
  table.gemm = gemm;
  table.pack_shape = pack_shape;
}

}  // namespace fcclip::ops::FCCLIP_ISA
