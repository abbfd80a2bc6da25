#pragma once
// What the products in bfloat16 have in common: rows are rounded, block by block of columns, and meet all panels. Only for
// kernels_bf16/*.cpp and kernels_amx/*.cpp.
//
// A Kernel says, beside what gemm_tiles.h asks for:
//   kStep   columns multiplied at once; in rows and weights zeros fill the last of a block

#include "fcclip/ops/cpu/bf16_kernels.h"
#include "fcclip/ops/cpu/kernels/gemm_tiles.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int64_t kDepth = 512;

inline __mmask16 first_of_vector(int64_t n) {
  return static_cast<__mmask16>(n >= kWidth ? 0xffff : n > 0 ? (1u << n) - 1 : 0);
}

// Rounded to nearest, ties to even; zeros behind the columns, up to `depth`.
inline void round_row(const float* from, int64_t columns, int64_t depth, uint16_t* to) {
  for (int64_t k = 0; k < depth; k += kWidth) {
    const __m512 some = _mm512_maskz_loadu_ps(first_of_vector(columns - k), from + k);
    _mm256_mask_storeu_epi16(to + k, first_of_vector(depth - k),
                             reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(some)));
  }
}

template <typename Kernel>
void rounded_gemm(const GemmJob& job) {
  const PackShape& shape = job.shape;
  for (int64_t k = 0; k < shape.k; k += shape.depth) {
    const int64_t columns = shape.k - k < shape.depth ? shape.k - k : shape.depth;
    const int64_t depth = shape.whole_steps(columns);
    for (int64_t r = 0; r < job.rows; ++r) {
      round_row(job.a + r * job.lda + k, columns, depth, job.rounded_rows + r * shape.depth);
    }
    all_panels<Kernel>(job, {job.rounded_rows, shape.depth, job.packed_bf16 + k * shape.padded_n(),
                             depth, k == 0, k + columns == shape.k});
  }
}

template <typename Kernel>
PackShape rounded_shape(int64_t n, int64_t k) {
  const int64_t blocks = (k + kDepth - 1) / kDepth;
  const int64_t depth = blocks > 0 ? (k + blocks - 1) / blocks : 1;
  PackShape shape = {n, k, kPanel, depth, Kernel::kRows, Kernel::kStep};
  shape.depth = shape.whole_steps(depth);
  return shape;
}

}  // namespace
}  // namespace fcclip::ops::FCCLIP_ISA
