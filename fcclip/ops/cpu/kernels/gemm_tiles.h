#pragma once
// How a matrix product goes through its packed weights: panel by panel, tile by tile; shared by the precisions. A tile of
// kRows × two vectors of the result is held in registers (2·kRows accumulators).
//
// A Kernel says what is multiplied:
//   Element           of the rows of a and of the packed weights
//   kRows             of a tile
//   accumulate<R>()   adds a tile's products to R × 2 vectors

#include "fcclip/ops/cpu/gemm_args.h"
#include "fcclip/ops/cpu/kernels/gelu.h"
#include "fcclip/ops/cpu/kernels/vec.h"

#define FCCLIP_UNROLL _Pragma("GCC unroll 16")

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int64_t kWidth = Vec::kWidth;
constexpr int64_t kPanel = 2 * kWidth;

// Weights are read once per block of rows, from far away: a tile fetches a quarter of the next
// panel on its way.
constexpr int64_t kAhead = kPanel / 4;

template <typename Element>
struct Tile {
  const Element* a;
  int64_t lda;
  const Element* b;
  int64_t depth;
  float* c;
  int64_t ldc;
  bool first;         // nothing in c yet
  const float* bias;  // of the panel, or nullptr; with the first block of columns
  const float* soon;  // rows read when the tile is done, fetched meanwhile
  int64_t ld_soon;
  const Element* ahead;  // a part of the next panel, fetched meanwhile
};

// Not inlined: each has the registers for itself.
template <typename Kernel, int R>
__attribute__((noinline)) int multiply_rows(const Tile<typename Kernel::Element>& tile) {
  Vec sum[R][2];
  const Vec b0 = tile.bias ? Vec::load(tile.bias) : Vec::zero();
  const Vec b1 = tile.bias ? Vec::load(tile.bias + kWidth) : Vec::zero();
  FCCLIP_UNROLL for (int r = 0; r < R; ++r) {
    __builtin_prefetch(tile.soon + r * tile.ld_soon, 0, 3);
    sum[r][0] = b0;
    sum[r][1] = b1;
  }
  Kernel::template accumulate<R>(tile, sum);
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
  return R;
}

template <typename Kernel>
int multiply_some(const Tile<typename Kernel::Element>& tile, int64_t rows) {
  if (rows >= Kernel::kRows) return multiply_rows<Kernel, Kernel::kRows>(tile);
  if (rows >= 8) return multiply_rows<Kernel, 8>(tile);
  if (rows >= 4) return multiply_rows<Kernel, 4>(tile);
  if (rows >= 2) return multiply_rows<Kernel, 2>(tile);
  return multiply_rows<Kernel, 1>(tile);
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

template <typename Element>
void advance(Tile<Element>& tile, int done, const Element* next_panel) {
  tile.a += done * tile.lda;
  tile.ahead += kAhead * tile.depth;
  if (tile.ahead >= next_panel + kPanel * tile.depth) tile.ahead = next_panel;
}

// One panel of one block of columns, for all rows.
template <typename Kernel>
void full_panel(const GemmJob& job, Tile<typename Kernel::Element> tile, int64_t column,
                bool last) {
  const auto* next_panel = tile.ahead;
  const float* residual = job.residual && last ? job.residual + column : nullptr;
  tile.ld_soon = residual ? job.ld_residual : job.ldc;
  for (int64_t row = 0; row < job.rows;) {
    tile.c = job.c + row * job.ldc + column;
    tile.soon = residual ? residual : tile.c;
    const int done = multiply_some<Kernel>(tile, job.rows - row);
    if (last) finish(job.activation, tile.c, job.ldc, done, residual, job.ld_residual);
    if (residual) residual += done * job.ld_residual;
    advance(tile, done, next_panel);
    row += done;
  }
}

// The last panel when n is no multiple of its width: computed in a tile of its own.
template <typename Kernel>
void narrow_panel(const GemmJob& job, Tile<typename Kernel::Element> tile, int64_t column,
                  bool last) {
  constexpr int kRows = Kernel::kRows;
  const int64_t columns = job.shape.n - column;
  const auto* next_panel = tile.ahead;
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
    const int done = multiply_some<Kernel>(tile, rows);
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

/// Columns of one block: rows of a, and the block of the packed weights.
template <typename Element>
struct ColumnBlock {
  const Element* a;
  int64_t lda;
  const Element* packed;
  int64_t depth;
  bool first, last;
};

template <typename Kernel>
void all_panels(const GemmJob& job, const ColumnBlock<typename Kernel::Element>& block) {
  for (int64_t column = 0; column < job.shape.n; column += kPanel) {
    Tile<typename Kernel::Element> tile;
    tile.a = block.a;
    tile.lda = block.lda;
    tile.b = block.packed + column * block.depth;
    tile.depth = block.depth;
    tile.ldc = job.ldc;
    tile.first = block.first;
    tile.bias = job.bias && block.first ? job.bias + column : nullptr;
    tile.ahead = tile.b + kPanel * block.depth;
    if (column + kPanel <= job.shape.n) {
      full_panel<Kernel>(job, tile, column, block.last);
    } else {
      narrow_panel<Kernel>(job, tile, column, block.last);
    }
  }
}

}  // namespace
}  // namespace fcclip::ops::FCCLIP_ISA
