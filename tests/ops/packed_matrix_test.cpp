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
