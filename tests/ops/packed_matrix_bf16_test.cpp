// Products in bfloat16: AVX512-BF16's, AMX's in tiles of C++ (amx_on_host.h), and AMX's own where the processor has it.

#include <algorithm>
#include <limits>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fcclip/ops/amx.h"
#include "fcclip/ops/cpu/packed_matrix.h"
#include "tests/ops/every_implementation.h"
#include "tests/ops/packed_product.h"
#include "tests/support/errors.h"

#ifdef FCCLIP_HAS_STAND_INS
#include "tests/ops/amx_on_host.h"
#endif

namespace fcclip::ops::cpu {
namespace packed_matrix_bf16_test {

using test::near;

struct NamedKernels {
  std::string name;
  Bf16Kernels kernels;
};

// All that this processor can run; the first is AVX512-BF16's.
std::vector<NamedKernels> kernels_here() {
  std::vector<NamedKernels> found;
#ifdef FCCLIP_HAS_STAND_INS
  if (lack_of_products(Products::bfloat16, at::kCPU).empty()) {
    found.push_back({"avx512bf16", avx512bf16::bf16_kernels()});
    found.push_back({"amx_on_host", amx_on_host::bf16_kernels()});
    if (may_use_tiles()) found.push_back({"amx", amx::bf16_kernels()});
  }
#endif
  return found;
}

#define FCCLIP_NEEDS_BF16() \
  if (kernels_here().empty()) GTEST_SKIP() << lack_of_products(Products::bfloat16, at::kCPU)

at::Tensor rounded(const at::Tensor& x) {
  return x.to(at::kBFloat16).to(at::kDouble);
}

// Around whole tiles of 16 rows, 32 columns of a and 16 of the result, and two of each.
std::vector<Shape> shapes() {
  std::vector<Shape> all(std::begin(kShapes), std::end(kShapes));
  all.insert(all.end(), {{15, 31, 15},
                         {16, 32, 16},
                         {17, 33, 17},
                         {31, 63, 31},
                         {32, 64, 32},
                         {33, 65, 64},
                         {48, 544, 63},
                         {49, 512, 96}});
  return all;
}

std::string text(const Shape& shape) {
  return std::to_string(shape.rows) + " x " + std::to_string(shape.in) + " x " +
         std::to_string(shape.out);
}

// Both sides rounded, sums in float32.
TEST(PackedMatrixBf16, EqualsTheProductOfRoundedNumbersInDouble) {
  FCCLIP_NEEDS_BF16();
  for (const Shape shape : shapes()) {
    const at::Tensor weight = numbers("w", {shape.out, shape.in}), bias = numbers("b", {shape.out}),
                     scale = numbers("s", {shape.out});
    const at::Tensor x = numbers("x", {shape.rows, shape.in}),
                     residual = numbers("r", {shape.rows, shape.out});
    const at::Tensor product =
        at::linear(rounded(x), rounded(weight * scale.unsqueeze(1)), bias.to(at::kDouble));
    for (const NamedKernels& one : kernels_here()) {
      const PackedMatrix matrix(weight, scale, one.kernels);
      for (const Activation activation : {Activation::none, Activation::gelu}) {
        EXPECT_TRUE(near(multiplied(matrix, x, {bias, residual, activation}),
                         activate(activation, product) + residual, 1e-6, 1e-6))
            << one.name << " " << text(shape);
      }
    }
  }
}

// Sums of whole numbers are exact in any order, so that what follows them must be the same to the last bit.
TEST(PackedMatrixBf16, AllKernelsEndAlikeWhereSumsAreExact) {
  FCCLIP_NEEDS_BF16();
  const auto whole = [](const std::string& key, at::IntArrayRef shape) {
    return (numbers(key, shape) * 8).round();
  };
  for (const Shape shape : shapes()) {
    const at::Tensor weight = whole("w", {shape.out, shape.in}), bias = whole("b", {shape.out});
    const at::Tensor x = whole("x", {shape.rows, shape.in}),
                     residual = numbers("r", {shape.rows, shape.out});
    const at::Tensor exact = at::linear(x.to(at::kDouble), weight.to(at::kDouble));
    const PackedMatrix first(weight, {}, kernels_here().front().kernels);
    for (const NamedKernels& one : kernels_here()) {
      const PackedMatrix matrix(weight, {}, one.kernels);
      EXPECT_TRUE(multiplied(matrix, x, {}).to(at::kDouble).equal(exact))
          << one.name << text(shape);
      for (const Activation activation :
           {Activation::none, Activation::relu, Activation::gelu, Activation::quick_gelu}) {
        const Follow follow = {bias, residual, activation};
        EXPECT_TRUE(multiplied(matrix, x, follow).equal(multiplied(first, x, follow)))
            << one.name << " " << text(shape) << " " << static_cast<int>(activation);
      }
    }
  }
}

// Scratch of just the size that is asked for, with NaNs in it; a result inside of something larger.
TEST(PackedMatrixBf16, NothingElseIsReadOrWritten) {
  FCCLIP_NEEDS_BF16();
  for (const Shape shape : shapes()) {
    const at::Tensor weight = numbers("w", {shape.out, shape.in});
    const at::Tensor x = numbers("x", {shape.rows, shape.in});
    const at::Tensor want = at::linear(rounded(x), rounded(weight));
    for (const NamedKernels& one : kernels_here()) {
      const PackedMatrix matrix(weight, {}, one.kernels);
      const int64_t scratch = matrix.shape().whole_rows(shape.rows) * matrix.shape().depth;
      std::vector<uint16_t> rounded_rows(static_cast<size_t>(scratch), 0x7fc0);
      SCOPED_TRACE(one.name + " " + text(shape));
      const at::Tensor result = multiplied_within(matrix, x, [&](GemmJob& job) {
        job.rounded_rows = rounded_rows.data();
        one.kernels.gemm(job);
      });
      EXPECT_TRUE(near(result, want, 1e-6, 1e-6));
    }
  }
}

TEST(PackedMatrixBf16, WhatIsNotFiniteStaysInItsRow) {
  FCCLIP_NEEDS_BF16();
  for (const NamedKernels& one : kernels_here()) {
    const PackedMatrix matrix(numbers("w", {40, 45}), {}, one.kernels);
    at::Tensor x = numbers("x", {35, 45});
    x[17][44] = std::numeric_limits<float>::quiet_NaN();
    const at::Tensor is_finite = multiplied(matrix, x, {}).isfinite();
    at::Tensor want = at::ones({35, 40}, at::kBool);
    want[17].fill_(false);
    EXPECT_TRUE(is_finite.equal(want)) << one.name;
  }
}

TEST(PackedMatrixBf16, IsRefusedWhereTheKernelsAreForcedToLess) {
  EXPECT_TRUE(lack_of_products(Products::float32, at::kCPU).empty());
  for (const Isa isa : available_isas()) {
    if (isa >= Isa::avx512) continue;
    for (const Implementation* one : implementations_of(c10::DeviceType::CPU)) {
      if (one->name != name(isa)) continue;
      const Forced forced(*one);
      EXPECT_ERROR(unsupported, "AVX512-BF16", need_products(Products::bfloat16, at::kCPU));
    }
  }
}

// 32 columns at a time are AMX's, two are AVX512-BF16's.
TEST(PackedMatrixBf16, TheInstructionSetChoosesTheKernel) {
  FCCLIP_NEEDS_BF16();
  const at::Tensor weight = numbers("w", {8, 8});
  const PackedMatrix by_vectors(weight, {}, Isa::avx512, Products::bfloat16);
  EXPECT_EQ(by_vectors.shape().step, 2);
  const PackedMatrix best(weight, {}, Isa::amx, Products::bfloat16);
  EXPECT_EQ(best.shape().step, may_use_tiles() ? 32 : 2);
}

#ifdef FCCLIP_HAS_STAND_INS

// With as many multiplications as blocks of 16 rows, 16 columns and 32 columns of a.
TEST(PackedMatrixAmx, ATileIsMultipliedOnceAndAllAreGivenBack) {
  FCCLIP_NEEDS_BF16();
  const at::Tensor x = numbers("x", {80, 96});
  const PackedMatrix matrix(numbers("w", {64, 96}), {}, amx_on_host::bf16_kernels());
  const int64_t before = amx_on_host::products_added();
  multiplied(matrix, x, {});
  EXPECT_EQ(amx_on_host::products_added() - before, 5 * 4 * 3);
  EXPECT_FALSE(amx_on_host::in_use());
}

TEST(PackedMatrixAmx, EachThreadHasTilesOfItsOwn) {
  FCCLIP_NEEDS_BF16();
  const at::Tensor x = numbers("x", {40, 70});
  const PackedMatrix matrix(numbers("w", {50, 70}), {}, amx_on_host::bf16_kernels());
  const at::Tensor want = multiplied(matrix, x, {});
  std::vector<char> good(4);
  std::vector<std::thread> threads;
  for (char& one : good) {
    threads.emplace_back([&matrix, &x, &want, &one] {
      one = multiplied(matrix, x, {}).equal(want) && !amx_on_host::in_use();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(good.begin(), good.end(), 1), 4);
}

#endif

}  // namespace packed_matrix_bf16_test
}  // namespace fcclip::ops::cpu
