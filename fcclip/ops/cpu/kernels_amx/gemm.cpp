// Matrix product in bfloat16 by AMX: an instruction multiplies 16 rows and 16 columns of the result over 32 columns of a.
// 32 rows × a panel of the result are held in four tiles; bias, activation and residual follow by AVX-512, as everywhere.
//
// The weights' pairs lie as a tile wants them: 16 pairs of columns below each other, 16 rows of W beside each other.
// tests/ops/amx_on_host.h compiles this text with tiles in C++, for processors without.

#include <immintrin.h>

#include "fcclip/ops/cpu/kernels_bf16/product.h"

namespace fcclip::ops::FCCLIP_ISA {
namespace {

constexpr int64_t kTileRows = 16;
constexpr int64_t kLine = 64 / sizeof(uint16_t);  // elements of a cache line, and of a tile's row

// What ldtilecfg reads: 8 tiles of 16 rows of 64 bytes.
struct alignas(64) TileConfig {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};
constexpr TileConfig kEightWholeTiles = {
    1, 0, {}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};

struct AmxKernel {
  using Element = uint16_t;  // bfloat16
  static constexpr int kRows = 2 * kTileRows;
  static constexpr int64_t kStep = kLine;
};

// Tiles 0 to 3 are sums, 4 and 5 rows of a, 6 and 7 the halves of the panel.
template <bool kBothHalves>
void sum_products(const Tile<uint16_t>& tile, float* sums) {
  constexpr int64_t kPairBytes = 2 * kPanel * sizeof(uint16_t), kSumBytes = kPanel * sizeof(float);
  const int64_t row_bytes = tile.lda * static_cast<int64_t>(sizeof(uint16_t));
  const uint16_t* a = tile.a;
  const uint16_t* b = tile.b;
  const uint16_t* ahead = tile.ahead;
  asm volatile(
      "" ::
          : "memory");  // GCC 12 does not know that tileloadd reads what was written before
  _tile_zero(0);
  _tile_zero(1);
  if constexpr (kBothHalves) {
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int64_t k = 0; k < tile.depth; k += kLine, a += kLine, b += kLine * kPanel) {
    for (int64_t line = 0; line < kAhead; ++line, ahead += kLine) __builtin_prefetch(ahead, 0, 2);
    _tile_loadd(6, b, kPairBytes);
    _tile_loadd(7, b + kPanel, kPairBytes);
    _tile_loadd(4, a, row_bytes);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    if constexpr (kBothHalves) {
      _tile_loadd(5, a + kTileRows * tile.lda, row_bytes);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
  }
  _tile_stored(0, sums, kSumBytes);
  _tile_stored(1, sums + kWidth, kSumBytes);
  if constexpr (kBothHalves) {
    _tile_stored(2, sums + kTileRows * kPanel, kSumBytes);
    _tile_stored(3, sums + kTileRows * kPanel + kWidth, kSumBytes);
  }
}

// Rows behind the last one are multiplied too, whatever the scratch holds there; nobody reads what comes of them.
template <>
int multiply_some<AmxKernel>(const Tile<uint16_t>& tile, int64_t rows) {
  alignas(64) float sums[AmxKernel::kRows * kPanel];
  const int done = rows < AmxKernel::kRows ? static_cast<int>(rows) : AmxKernel::kRows;
  for (int r = 0; r < done; ++r) __builtin_prefetch(tile.soon + r * tile.ld_soon, 0, 3);
  if (done > kTileRows) {
    sum_products<true>(tile, sums);
  } else {
    sum_products<false>(tile, sums);
  }
  const Vec bias0 = tile.bias ? Vec::load(tile.bias) : Vec::zero();
  const Vec bias1 = tile.bias ? Vec::load(tile.bias + kWidth) : Vec::zero();
  for (int r = 0; r < done; ++r) {
    float* c = tile.c + r * tile.ldc;
    const Vec before0 = tile.first ? bias0 : Vec::load(c);
    const Vec before1 = tile.first ? bias1 : Vec::load(c + kWidth);
    (Vec::load(sums + r * kPanel) + before0).store(c);
    (Vec::load(sums + r * kPanel + kWidth) + before1).store(c + kWidth);
  }
  return done;
}

// Tiles belong to a thread and are given back: with some in use, every switch between threads saves 8 KB more.
void gemm_in_tiles(const GemmJob& job) {
  _tile_loadconfig(&kEightWholeTiles);
  rounded_gemm<AmxKernel>(job);
  _tile_release();
}

}  // namespace

Bf16Kernels bf16_kernels() {
  return {rounded_shape<AmxKernel>, gemm_in_tiles};
}

}  // namespace fcclip::ops::FCCLIP_ISA
