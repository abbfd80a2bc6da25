#include "fcclip/ops/cpu/packed_matrix.h"

#include <tuple>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/ops/cpu/mlp_rows.h"
#include "tests/ops/packed_product.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::ops::cpu {
namespace packed_matrix_test {

using test::near;

class PackedMatrixShapes : public ::testing::TestWithParam<std::tuple<Isa, Shape>> {};

TEST_P(PackedMatrixShapes, EqualsTheProductInDouble) {
  const auto [isa, shape] = GetParam();
  const at::Tensor weight = numbers("w", {shape.out, shape.in}), bias = numbers("b", {shape.out});
  const at::Tensor x = numbers("x", {shape.rows, shape.in}),
                   residual = numbers("r", {shape.rows, shape.out});
  const at::Tensor product =
      at::linear(x.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble));
  const PackedMatrix matrix(weight, {}, isa);
  EXPECT_TRUE(near(multiplied(matrix, x, {bias}), product, 1e-6, 1e-6));
  EXPECT_TRUE(near(multiplied(matrix, x, {}), product - bias.to(at::kDouble), 1e-6, 1e-6));
  for (const Activation activation :
       {Activation::none, Activation::relu, Activation::gelu, Activation::quick_gelu}) {
    EXPECT_TRUE(near(multiplied(matrix, x, {bias, residual, activation}),
                     activate(activation, product) + residual, 1e-6, 1e-6))
        << static_cast<int>(activation);
  }
}

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
  const std::string lack = lack_of_products(Products::int8, at::kCPU);
  if (!lack.empty()) GTEST_SKIP() << lack;
  for (const Shape shape : kShapes) {
    const at::Tensor weight = numbers("w", {shape.out, shape.in}), bias = numbers("b", {shape.out}),
                     scale = numbers("s", {shape.out});
    const at::Tensor x = numbers("x", {shape.rows, shape.in}) + 0.3f,
                     residual = numbers("r", {shape.rows, shape.out});
    const PackedMatrix matrix(weight, scale, Isa::avx512, Products::int8);
    const at::Tensor product =
        product_in_8_bits(x, weight, matrix.shape().depth) * scale.to(at::kDouble) + bias;
    for (const Activation activation : {Activation::none, Activation::gelu}) {
      EXPECT_TRUE(near(multiplied(matrix, x, {bias, residual, activation}),
                       activate(activation, product) + residual, 2e-6, 2e-6))
          << shape.rows << " " << shape.in << " " << shape.out;
    }
    const at::Tensor exact = at::linear(x, weight * scale.unsqueeze(1), bias);
    EXPECT_TRUE(near(multiplied(matrix, x, {bias}), exact, 0.02, 0.03));
  }
}

TEST(PackedMatrixInt8, RowsAndWeightsOfZerosGiveTheBias) {
  const std::string lack = lack_of_products(Products::int8, at::kCPU);
  if (!lack.empty()) GTEST_SKIP() << lack;
  const at::Tensor bias = numbers("b", {40});
  const PackedMatrix zeros(at::zeros({40, 30}), {}, Isa::avx512, Products::int8);
  EXPECT_TRUE(multiplied(zeros, numbers("x", {3, 30}), {bias}).equal(bias.expand({3, 40})));
  const PackedMatrix matrix(numbers("w", {40, 30}), {}, Isa::avx512, Products::int8);
  EXPECT_TRUE(multiplied(matrix, at::zeros({3, 30}), {bias}).equal(bias.expand({3, 40})));
}

TEST(PackedMatrixInt8, WhatIsNotFiniteStaysSo) {
  const std::string lack = lack_of_products(Products::int8, at::kCPU);
  if (!lack.empty()) GTEST_SKIP() << lack;
  const PackedMatrix matrix(numbers("w", {40, 30}), {}, Isa::avx512, Products::int8);
  for (const float odd :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    at::Tensor x = numbers("x", {3, 30});
    x[1][29] = odd;
    const at::Tensor y = multiplied(matrix, x, {});
    EXPECT_TRUE(y[0].isfinite().all().item<bool>());
    EXPECT_FALSE(y[1].isfinite().any().item<bool>());
    EXPECT_TRUE(y[2].isfinite().all().item<bool>());
  }
}

TEST(PackedMatrixInt8, IsRefusedElsewhere) {
  EXPECT_NE(lack_of_gpu_products(Products::int8, 100).find("AVX512-VNNI"), std::string::npos);
  EXPECT_EQ(products_named(name(Products::int8), at::kCPU), Products::int8);
}

TEST_P(PackedMatrixShapes, RowsAreScaledWhenTheyArePacked) {
  const auto [isa, shape] = GetParam();
  const at::Tensor weight = numbers("w", {shape.out, shape.in}), scale = numbers("s", {shape.out});
  const at::Tensor x = numbers("x", {shape.rows, shape.in});
  const at::Tensor product = at::linear(x.to(at::kDouble), weight.to(at::kDouble)) * scale;
  EXPECT_TRUE(near(multiplied(PackedMatrix(weight, scale, isa), x, {}), product, 1e-6, 1e-6));
}

INSTANTIATE_TEST_SUITE_P(Isas, PackedMatrixShapes,
                         ::testing::Combine(::testing::ValuesIn(available_isas()),
                                            ::testing::ValuesIn(kShapes)));

class PackedMatrixIsas : public ::testing::TestWithParam<Isa> {};

// The product with the identity leaves the activation alone.
TEST_P(PackedMatrixIsas, ActivationsAreExactToFloatPrecision) {
  const at::Tensor x = at::linspace(-12, 12, 100001, at::kFloat).unsqueeze(1);
  const PackedMatrix identity(at::ones({1, 1}), {}, GetParam());
  for (const Activation activation : {Activation::gelu, Activation::quick_gelu}) {
    const at::Tensor exact = activate(activation, x.to(at::kDouble));
    const at::Tensor got = multiplied(identity, x, {{}, {}, activation}).to(at::kDouble);
    EXPECT_LE(((got - exact).abs() - 2.5e-7 * x.abs()).max().item<double>(), 1e-12)
        << static_cast<int>(activation);
  }
}

TEST_P(PackedMatrixIsas, AnMlpOfRowsEqualsItsTwoLayersInDouble) {
  const at::Tensor w1 = numbers("w1", {90, 37}), b1 = numbers("b1", {90});
  const at::Tensor w2 = numbers("w2", {41, 90}), b2 = numbers("b2", {41});
  const at::Tensor x = numbers("mx", {11, 37}), residual = numbers("mr", {11, 41});
  const at::Tensor hidden =
      at::relu(at::linear(x.to(at::kDouble), w1.to(at::kDouble), b1.to(at::kDouble)));
  const at::Tensor want = at::linear(hidden, w2.to(at::kDouble), b2.to(at::kDouble)) + residual;
  const PackedMatrix first(w1, {}, GetParam()), second(w2, {}, GetParam());
  const MlpRows mlp{&first, &second, b1.const_data_ptr<float>(), b2.const_data_ptr<float>(),
                    Activation::relu};
  std::vector<float> workspace(static_cast<size_t>(mlp.workspace_floats(11)));
  const at::Tensor got = at::empty({11, 41});
  mlp.run(
      {x.const_data_ptr<float>(), 37, residual.const_data_ptr<float>(), got.data_ptr<float>(), 11},
      workspace.data());
  EXPECT_TRUE(near(got, want, 1e-6));
}

INSTANTIATE_TEST_SUITE_P(Isas, PackedMatrixIsas, ::testing::ValuesIn(available_isas()));

TEST(PackedMatrix, WrongShapesAreRefused) {
  EXPECT_ERROR(shape_mismatch, "weight: expected shape [*, *]",
               PackedMatrix(numbers("w", {4, 3, 1})));
  EXPECT_ERROR(shape_mismatch, "weight: expected dtype Float",
               PackedMatrix(numbers("w", {4, 3}).to(at::kDouble)));
  EXPECT_ERROR(shape_mismatch, "row_scale: expected shape [4]",
               PackedMatrix(numbers("w", {4, 3}), numbers("b", {3})));
}

}  // namespace packed_matrix_test
}  // namespace fcclip::ops::cpu
