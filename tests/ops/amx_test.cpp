#include "fcclip/ops/amx.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "fcclip/core/processor.h"
#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/isa.h"

#ifdef FCCLIP_HAS_STAND_INS
#include <stdexcept>

#include "tests/ops/amx_on_host.h"
#endif

namespace fcclip::ops {
namespace amx_test {

constexpr uint32_t kTile = 1u << 24, kBf16 = 1u << 22;
constexpr uint64_t kConfig = 1u << 17, kData = 1u << 18, kBoth = kConfig | kData;

TEST(Amx, NeedsTheInstructionsTheRegistersAndLinux) {
  EXPECT_FALSE(has_bf16_tiles({}));
  EXPECT_TRUE(has_bf16_tiles({kTile | kBf16, kBoth | 0xe7, kBoth}));
  EXPECT_FALSE(has_bf16_tiles({kTile, kBoth, kBoth}));
  EXPECT_FALSE(has_bf16_tiles({kBf16, kBoth, kBoth}));
  for (const uint64_t too_few : {uint64_t{0}, kConfig, kData}) {
    EXPECT_FALSE(has_bf16_tiles({kTile | kBf16, too_few, kBoth}));
    EXPECT_FALSE(has_bf16_tiles({kTile | kBf16, kBoth, too_few}));
  }
}

TEST(Amx, IsFoundOnlyWhereLinuxListsIt) {
  const std::vector<std::string> listed = ask_processor().instruction_sets;
  const bool is_listed = std::ranges::find(listed, "amx-bf16") != listed.end();
  EXPECT_TRUE(is_listed || !has_bf16_tiles(ask_for_amx()));
  EXPECT_TRUE(is_listed || !may_use_tiles());
}

TEST(Amx, IsAnInstructionSetOfItsOwnAboveAvx512) {
  const std::vector<Isa> here = available_isas();
  EXPECT_TRUE(std::ranges::is_sorted(here));
  EXPECT_EQ(name(Isa::amx), "amx");
  if (here.back() == Isa::amx) {
    EXPECT_EQ(here[here.size() - 2], Isa::avx512);
    EXPECT_TRUE(has_bf16_tiles(ask_for_amx()));
  }
}

TEST(Amx, AllButProductsInBfloat16IsAvx512s) {
  if (available_isas().back() < Isa::avx512) GTEST_SKIP() << "this processor has no AVX-512";
  const KernelTable &amx = kernels(Isa::amx), &avx512 = kernels(Isa::avx512);
  EXPECT_EQ(amx.isa, Isa::amx);
  EXPECT_EQ(amx.gemm, avx512.gemm);
  EXPECT_EQ(amx.block_attention, avx512.block_attention);
}

#ifdef FCCLIP_HAS_STAND_INS

// What a test sets and reads: 16 × 16 words.
struct Words {
  uint32_t at[16][16] = {};
};

// Sixteen rows of 64 bytes, but for one tile.
struct Config {
  unsigned char bytes[64] = {1};
  explicit Config(int tile = 0, int rows = 16, int row_bytes = 64) {
    for (int i = 0; i < 8; ++i) set(i, 16, 64);
    set(tile, rows, row_bytes);
  }
  void set(int tile, int rows, int row_bytes) {
    bytes[16 + 2 * tile] = static_cast<unsigned char>(row_bytes);
    bytes[48 + tile] = static_cast<unsigned char>(rows);
  }
};

constexpr uint32_t kOne = 0x3f80, kTwoTo24 = 0x4b80, kMinusTwoTo24 = 0xcb80, kTiny = 0x0001;

// One word of the product of a's row 3 and b's column 5, added to `sum`.
uint32_t product_of(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b,
                    uint32_t sum = 0) {
  Words rows, columns, sums;
  for (size_t k = 0; k < a.size(); ++k) rows.at[3][k] = a[k];
  for (size_t k = 0; k < b.size(); ++k) columns.at[k][5] = b[k];
  sums.at[3][5] = sum;
  amx_on_host::load_config(Config().bytes);
  amx_on_host::load(0, &sums, 64);
  amx_on_host::load(1, &rows, 64);
  amx_on_host::load(2, &columns, 64);
  amx_on_host::add_products(0, 1, 2);
  amx_on_host::store(0, &sums, 64);
  amx_on_host::release();
  return sums.at[3][5];
}

uint32_t pair(uint32_t first, uint32_t second) {
  return first | second << 16;
}

TEST(AmxOnHost, FirstAndSecondNumbersOfPairsHaveSumsOfTheirOwn) {
  const uint32_t one = pair(kOne, kOne);
  // 2^24 - 2^24 and 1 + 1; one after the other they would come to 1.
  EXPECT_EQ(product_of({pair(kTwoTo24, kOne), pair(kMinusTwoTo24, kOne)}, {one, one}), 0x40000000u);
  // 2^24 + 1 lies between two numbers, and the even one is taken.
  EXPECT_EQ(product_of({pair(kOne, 0)}, {one}, kTwoTo24 << 16), kTwoTo24 << 16);
  EXPECT_EQ(product_of({pair(kOne, kOne)}, {one}, kTwoTo24 << 16), (kTwoTo24 << 16) + 1);
}

TEST(AmxOnHost, DenormalNumbersAreZeros) {
  const uint32_t large = pair(0x7f00, 0x7f00), small = pair(0x0080, 0), half = pair(0x3f00, 0);
  EXPECT_EQ(product_of({pair(kTiny, kTiny)}, {large}), 0u);
  EXPECT_EQ(product_of({large}, {pair(kTiny, kTiny)}), 0u);
  EXPECT_EQ(product_of({small}, {half}), 0u);
  EXPECT_EQ(product_of({small}, {pair(kOne, 0)}), 0x00800000u);
  EXPECT_EQ(product_of({0}, {0}, 0x00000001u), 0u);
}

TEST(AmxOnHost, WhatTheProcessorRefusesIsRefused) {
  using namespace amx_on_host;
  Words words;
  EXPECT_THROW(zero(0), std::logic_error);
  Config other;
  other.bytes[0] = 2;
  EXPECT_THROW(load_config(other.bytes), std::logic_error);
  EXPECT_THROW(load_config(Config(1, 17, 64).bytes), std::logic_error);
  EXPECT_THROW(load_config(Config(1, 16, 65).bytes), std::logic_error);
  EXPECT_THROW(load_config(Config(8, 1, 4).bytes), std::logic_error);
  EXPECT_FALSE(in_use());
  load_config(Config(1, 8, 32).bytes);
  EXPECT_TRUE(in_use());
  EXPECT_THROW(zero(8), std::logic_error);
  EXPECT_THROW(add_products(0, 1, 2), std::logic_error);  // 8 rows for 16
  EXPECT_THROW(add_products(0, 2, 1), std::logic_error);  // 32 bytes for 64
  EXPECT_THROW(add_products(0, 0, 2), std::logic_error);
  add_products(0, 2, 3);
  release();
  EXPECT_THROW(store(0, &words, 64), std::logic_error);
}

#endif

}  // namespace amx_test
}  // namespace fcclip::ops
