// Products in 8 bits: AVX512-VNNI's; AVX-VNNI's text compiled for processors that have the instruction in AVX-512 alone, and
// AVX-VNNI's own where the processor has it.

#include <algorithm>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "fcclip/ops/cpu/packed_matrix.h"
#include "tests/ops/every_implementation.h"
#include "tests/ops/packed_product.h"

namespace fcclip::ops {

namespace avxvnni_by_avx512 {
Int8Kernels int8_kernels();
}

namespace cpu {
namespace packed_matrix_int8_test {

using test::near;

struct NamedInt8Kernels {
  std::string name;
  Int8Kernels kernels;
};

bool has_products_of(Isa isa) {
  for (const Implementation* one : host_implementations()) {
    if (one->name != name(isa)) continue;
    const Forced forced(*one);
    return lack_of_products(Products::int8, at::kCPU).empty();
  }
  return false;
}

// All that this processor can run.
std::vector<NamedInt8Kernels> kernels_in_8_bits() {
  std::vector<NamedInt8Kernels> found;
#ifdef FCCLIP_HAS_STAND_INS
  if (has_products_of(Isa::avx512)) {
    found.push_back({"avx512vnni", avx512vnni::int8_kernels()});
    found.push_back({"avxvnni_by_avx512", avxvnni_by_avx512::int8_kernels()});
  }
  if (has_products_of(Isa::avx2)) found.push_back({"avxvnni", avxvnni::int8_kernels()});
#endif
  return found;
}

#define FCCLIP_NEEDS_INT8() \
  if (kernels_in_8_bits().empty()) GTEST_SKIP() << lack_of_products(Products::int8, at::kCPU)

// Whole numbers of a block of columns, and a factor a row.
struct WholeNumbers {
  at::Tensor numbers, factors;
};

// Weights: -127 … 127 of the largest of a row.
WholeNumbers whole_weights(const at::Tensor& block) {
  const at::Tensor largest = block.abs().amax(1, true);
  return {(block * (127 / largest)).round().to(at::kDouble), (largest / 127).to(at::kDouble)};
}

// Rows: 0 … 255 between the least and the largest, zero among them; here without their zero.
WholeNumbers whole_rows(const at::Tensor& block) {
  const at::Tensor least = block.amin(1, true).clamp_max(0),
                   largest = block.amax(1, true).clamp_min(0);
  const at::Tensor inverse = 255 / (largest - least), zero = (-least * inverse + 0.5f).floor();
  return {((block * inverse).round() + zero).clamp(0, 255).sub(zero).to(at::kDouble),
          ((largest - least) / 255).to(at::kDouble)};
}

at::Tensor product_in_8_bits(const at::Tensor& x, const at::Tensor& weight, int64_t depth) {
  at::Tensor sum = at::zeros({x.size(0), weight.size(0)}, at::kDouble);
  for (int64_t k = 0; k < x.size(1); k += depth) {
    const int64_t columns = std::min(depth, x.size(1) - k);
    const WholeNumbers rows = whole_rows(x.narrow(1, k, columns)),
                       weights = whole_weights(weight.narrow(1, k, columns));
    sum += rows.numbers.matmul(weights.numbers.t()) * rows.factors * weights.factors.t();
  }
  return sum;
}

// Exact whole numbers: only the factors and what is done with them is rounded. A number in the middle of two may fall to
// either side, which is less than one in three of a thousand here.
TEST(PackedMatrixInt8, EqualsTheProductOfWholeNumbers) {
  FCCLIP_NEEDS_INT8();
  for (const Shape shape : kShapes) {
    const at::Tensor weight = numbers("w", {shape.out, shape.in}), bias = numbers("b", {shape.out}),
                     scale = numbers("s", {shape.out});
    const at::Tensor x = numbers("x", {shape.rows, shape.in}) + 0.3f,
                     residual = numbers("r", {shape.rows, shape.out});
    const at::Tensor exact = at::linear(x, weight * scale.unsqueeze(1), bias);
    for (const NamedInt8Kernels& one : kernels_in_8_bits()) {
      const PackedMatrix matrix(weight, scale, one.kernels);
      const at::Tensor product =
          product_in_8_bits(x, weight, matrix.shape().depth) * scale.to(at::kDouble) + bias;
      for (const Activation activation : {Activation::none, Activation::gelu}) {
        EXPECT_TRUE(near(multiplied(matrix, x, {bias, residual, activation}),
                         activate(activation, product) + residual, 2e-6, 2e-6))
            << one.name << " " << shape.rows << " " << shape.in << " " << shape.out;
      }
      EXPECT_TRUE(near(multiplied(matrix, x, {bias}), exact, 0.02, 0.03)) << one.name;
    }
  }
}

// Whole numbers are exact, and what is done with floats is done in the same order.
TEST(PackedMatrixInt8, AllKernelsGiveTheSameNumbers) {
  FCCLIP_NEEDS_INT8();
  for (const Shape shape : kShapes) {
    const at::Tensor weight = numbers("w", {shape.out, shape.in}), bias = numbers("b", {shape.out});
    const at::Tensor x = numbers("x", {shape.rows, shape.in}) + 0.3f,
                     residual = numbers("r", {shape.rows, shape.out});
    const PackedMatrix first(weight, {}, kernels_in_8_bits().front().kernels);
    for (const NamedInt8Kernels& one : kernels_in_8_bits()) {
      const PackedMatrix matrix(weight, {}, one.kernels);
      for (const Activation activation : {Activation::none, Activation::relu, Activation::gelu}) {
        const Follow follow = {bias, residual, activation};
        EXPECT_TRUE(multiplied(matrix, x, follow).equal(multiplied(first, x, follow)))
            << one.name << " " << shape.rows << " " << shape.in << " " << shape.out;
      }
    }
  }
}

// Scratch of just the size that is asked for.
TEST(PackedMatrixInt8, NothingElseIsReadOrWritten) {
  FCCLIP_NEEDS_INT8();
  for (const Shape shape : kShapes) {
    const at::Tensor x = numbers("x", {shape.rows, shape.in});
    for (const NamedInt8Kernels& one : kernels_in_8_bits()) {
      const PackedMatrix matrix(numbers("w", {shape.out, shape.in}), {}, one.kernels);
      const int64_t scratch = shape.rows * (matrix.shape().depth + kInt8Tail);
      std::vector<uint8_t> rows(static_cast<size_t>(scratch + 64), 0x5a);
      SCOPED_TRACE(one.name);
      const at::Tensor result = multiplied_within(matrix, x, [&](GemmJob& job) {
        job.narrow_rows = rows.data();
        one.kernels.gemm(job);
      });
      EXPECT_EQ(std::count(rows.begin() + scratch, rows.end(), 0x5a), 64);
      EXPECT_TRUE(result.equal(multiplied(matrix, x, {})));
    }
  }
}

TEST(PackedMatrixInt8, RowsAndWeightsOfZerosGiveTheBias) {
  FCCLIP_NEEDS_INT8();
  const at::Tensor bias = numbers("b", {40});
  for (const NamedInt8Kernels& one : kernels_in_8_bits()) {
    const PackedMatrix zeros(at::zeros({40, 30}), {}, one.kernels);
    EXPECT_TRUE(multiplied(zeros, numbers("x", {3, 30}), {bias}).equal(bias.expand({3, 40})));
    const PackedMatrix matrix(numbers("w", {40, 30}), {}, one.kernels);
    EXPECT_TRUE(multiplied(matrix, at::zeros({3, 30}), {bias}).equal(bias.expand({3, 40})));
  }
}

TEST(PackedMatrixInt8, WhatIsNotFiniteStaysSo) {
  FCCLIP_NEEDS_INT8();
  for (const NamedInt8Kernels& one : kernels_in_8_bits()) {
    const PackedMatrix matrix(numbers("w", {40, 30}), {}, one.kernels);
    for (const float odd :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      at::Tensor x = numbers("x", {3, 30});
      x[1][29] = odd;
      const at::Tensor y = multiplied(matrix, x, {});
      EXPECT_TRUE(y[0].isfinite().all().item<bool>()) << one.name;
      EXPECT_FALSE(y[1].isfinite().any().item<bool>()) << one.name;
      EXPECT_TRUE(y[2].isfinite().all().item<bool>()) << one.name;
    }
  }
}

TEST(PackedMatrixInt8, TheInstructionSetChoosesTheKernel) {
  FCCLIP_NEEDS_INT8();
  const PackedMatrix best(numbers("w", {8, 8}), {}, chosen_isa(), Products::int8);
  EXPECT_EQ(best.shape().panel, chosen_isa() >= Isa::avx512 ? 32 : 16);
}

TEST(PackedMatrixInt8, IsRefusedElsewhere) {
  EXPECT_NE(lack_of_gpu_products(Products::int8, 100).find("AVX512-VNNI or AVX-VNNI"),
            std::string::npos);
  EXPECT_EQ(products_named(name(Products::int8), at::kCPU), Products::int8);
}

}  // namespace packed_matrix_int8_test
}  // namespace cpu
}  // namespace fcclip::ops
