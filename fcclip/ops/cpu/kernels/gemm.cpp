// Matrix product with packed weights; bias, activation and residual are applied while a tile is in
// the first-level cache. A tile of kRows × two vectors of the result is held in registers (2·kRows
// accumulators), so a step of k costs 2 loads of weights, kRows broadcasts and 2·kRows
// multiply-adds.

#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/kernels/gelu.h"
#include "fcclip/ops/cpu/kernels/vec.h"

#define FCCLIP_UNROLL _Pragma("GCC unroll 16")

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int64_t kWidth = Vec::kWidth;
constexpr int64_t kPanel = 2 * kWidth;
// Registers: 2·kRows accumulators, 2 of weights and 1 broadcast; 32 registers with AVX-512, 16
// otherwise.
#ifdef __AVX512F__
constexpr int kRows = 14;
constexpr int64_t kDepth = 256;
#else
constexpr int kRows = 6;
constexpr int64_t kDepth = 256;
#endif

// Weights are read once per block of rows, from far away: a tile fetches a quarter of the next
// panel on its way.
constexpr int64_t kAhead = kPanel / 4;

struct Tile {
  const float* a;
  int64_t lda;
  const float* b;
  int64_t depth;
  float* c;
  int64_t ldc;
  bool first;         // nothing in c yet
  const float* bias;  // of the panel, or nullptr; with the first block of columns
  const float* soon;  // rows read when the tile is done, fetched meanwhile
  int64_t ld_soon;
  const float* ahead;  // a part of the next panel, fetched meanwhile
};

template <int R>
inline __attribute__((always_inline)) void multiply(const Tile& tile) {
  Vec sum[R][2];
  const Vec b0 = tile.bias ? Vec::load(tile.bias) : Vec::zero();
  const Vec b1 = tile.bias ? Vec::load(tile.bias + kWidth) : Vec::zero();
  FCCLIP_UNROLL for (int r = 0; r < R; ++r) {
    __builtin_prefetch(tile.soon + r * tile.ld_soon, 0, 3);
    sum[r][0] = b0;
    sum[r][1] = b1;
  }
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
  // Each block of depth has a sum of its own, added last: the rounding error grows with the square
  // root of a block, not of the whole depth.
  FCCLIP_UNROLL for (int r = 0; r < R; ++r) {
    float* c = tile.c + r * tile.ldc;
    if (!tile.first) {
      sum[r][0] = sum[r][0] + Vec::load(c);
      sum[r][1] = sum[r][1] + Vec::load(c + kWidth);
    }
    sum[r][0].store(c);
    sum[r][1].store(c + kWidth);
  }
}

// Not inlined: each has the registers for itself.
template <int R>
__attribute__((noinline)) void multiply_rows(const Tile& tile) {
  multiply<R>(tile);
}

int multiply_some(const Tile& tile, int64_t rows) {
  if (rows >= kRows) return multiply_rows<kRows>(tile), kRows;
  if (rows >= 8) return multiply_rows<8>(tile), 8;
  if (rows >= 4) return multiply_rows<4>(tile), 4;
  if (rows >= 2) return multiply_rows<2>(tile), 2;
  return multiply_rows<1>(tile), 1;
}

inline Vec activate(Activation activation, Vec x) {
  switch (activation) {
    case Activation::gelu:
      return gelu(x);
    case Activation::quick_gelu:
      return quick_gelu(x);
    case Activation::relu:
      return max(x, Vec::zero());
    case Activation::none:
      break;
  }
  return x;
}

// Activation and residual of a finished tile of `rows` × one panel.
template <Activation kActivation>
void finish_rows(float* c, int64_t ldc, int64_t rows, const float* residual, int64_t ld_residual) {
  for (int64_t r = 0; r < rows; ++r) {
    Vec y0 = activate(kActivation, Vec::load(c + r * ldc));
    Vec y1 = activate(kActivation, Vec::load(c + r * ldc + kWidth));
    if (residual) {
      y0 = y0 + Vec::load(residual + r * ld_residual);
      y1 = y1 + Vec::load(residual + r * ld_residual + kWidth);
    }
    y0.store(c + r * ldc);
    y1.store(c + r * ldc + kWidth);
  }
}

void finish(Activation activation, float* c, int64_t ldc, int64_t rows, const float* residual,
            int64_t ld_residual) {
  switch (activation) {
    case Activation::gelu:
      return finish_rows<Activation::gelu>(c, ldc, rows, residual, ld_residual);
    case Activation::quick_gelu:
      return finish_rows<Activation::quick_gelu>(c, ldc, rows, residual, ld_residual);
    case Activation::relu:
      return finish_rows<Activation::relu>(c, ldc, rows, residual, ld_residual);
    case Activation::none:
      if (residual) finish_rows<Activation::none>(c, ldc, rows, residual, ld_residual);
      return;
  }
}

void copy_block(const float* from, int64_t ld_from, float* to, int64_t ld_to, int64_t rows,
                int64_t columns) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t i = 0; i < columns; ++i) to[r * ld_to + i] = from[r * ld_from + i];
  }
}

void advance(Tile& tile, int done, const float* next_panel) {
  tile.a += done * tile.lda;
  tile.ahead += kAhead * tile.depth;
  if (tile.ahead >= next_panel + kPanel * tile.depth) tile.ahead = next_panel;
}

// One panel of one block of columns, for all rows.
void full_panel(const GemmJob& job, Tile tile, int64_t column, bool last) {
  const float* next_panel = tile.ahead;
  const float* residual = job.residual && last ? job.residual + column : nullptr;
  tile.ld_soon = residual ? job.ld_residual : job.ldc;
  for (int64_t row = 0; row < job.rows;) {
    tile.c = job.c + row * job.ldc + column;
    tile.soon = residual ? residual : tile.c;
    const int done = multiply_some(tile, job.rows - row);
    if (last) finish(job.activation, tile.c, job.ldc, done, residual, job.ld_residual);
    if (residual) residual += done * job.ld_residual;
    advance(tile, done, next_panel);
    row += done;
  }
}

// The last panel when n is no multiple of its width: computed in a tile of its own.
void narrow_panel(const GemmJob& job, Tile tile, int64_t column, bool last) {
  const int64_t columns = job.shape.n - column;
  const float* next_panel = tile.ahead;
  float sums[kRows * kPanel], added[kRows * kPanel] = {}, bias[kPanel] = {};
  if (tile.bias) copy_block(tile.bias, 0, bias, 0, 1, columns);
  tile.bias = bias;
  tile.c = sums;
  tile.soon = sums;
  tile.ldc = kPanel;
  tile.ld_soon = kPanel;
  for (int64_t row = 0; row < job.rows;) {
    float* c = job.c + row * job.ldc + column;
    const int64_t rows = job.rows - row < kRows ? job.rows - row : kRows;
    if (!tile.first) copy_block(c, job.ldc, sums, kPanel, rows, columns);
    const int done = multiply_some(tile, rows);
    if (last) {
      if (job.residual) {
        copy_block(job.residual + row * job.ld_residual + column, job.ld_residual, added, kPanel,
                   done, columns);
      }
      finish(job.activation, sums, kPanel, done, job.residual ? added : nullptr, kPanel);
    }
    copy_block(sums, kPanel, c, job.ldc, done, columns);
    advance(tile, done, next_panel);
    row += done;
  }
}

void gemm(const GemmJob& job) {
  const PackShape& shape = job.shape;
  for (int64_t k = 0; k < shape.k; k += shape.depth) {
    const int64_t depth = shape.k - k < shape.depth ? shape.k - k : shape.depth;
    const bool last = k + depth == shape.k;
    const float* block = job.packed + k * shape.padded_n();
    for (int64_t column = 0; column < shape.n; column += kPanel) {
      Tile tile;
      tile.a = job.a + k;
      tile.lda = job.lda;
      tile.b = block + column * depth;
      tile.depth = depth;
      tile.ldc = job.ldc;
      tile.first = k == 0;
      tile.bias = job.bias && k == 0 ? job.bias + column : nullptr;
      tile.ahead = tile.b + kPanel * depth;
      if (column + kPanel <= shape.n) {
        full_panel(job, tile, column, last);
      } else {
        narrow_panel(job, tile, column, last);
      }
    }
  }
}

PackShape pack_shape(int64_t n, int64_t k) {
  // Blocks of equal depth: a short last one would not pay for its pass over c.
  const int64_t blocks = (k + kDepth - 1) / kDepth;
  return {n, k, kPanel, blocks > 0 ? (k + blocks - 1) / blocks : 1, kRows};
}

}  // namespace

void fill_gemm(KernelTable& table) {
  table.gemm = gemm;
  table.pack_shape = pack_shape;
}

}  // namespace fcclip::ops::FCCLIP_ISA
