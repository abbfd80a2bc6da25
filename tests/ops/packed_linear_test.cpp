#include "fcclip/ops/packed_linear.h"

#include <tuple>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::ops {
namespace packed_linear_test {

using test::formula_tensor;
using test::near;

at::Tensor numbers(const std::string& key, at::IntArrayRef shape) {
  return formula_tensor("packed_linear:", key, shape, -1, 1);
}

struct Shape {
  int64_t rows, in, out;
};

// Around the tiles of every instruction set (6 × 8, 6 × 16, 14 × 32), around the blocks of columns
// (256, 512), and more rows than one block has.
const Shape kShapes[] = {{1, 1, 1},     {5, 3, 7},     {6, 16, 16},   {13, 17, 33}, {14, 256, 32},
                         {29, 257, 40}, {97, 513, 65}, {3, 1100, 20}, {700, 24, 48}};

class PackedLinearShapes : public ::testing::TestWithParam<std::tuple<Isa, Shape>> {};

TEST_P(PackedLinearShapes, EqualsTheProductInDouble) {
  const auto [isa, shape] = GetParam();
  const at::Tensor weight = numbers("w", {shape.out, shape.in}), bias = numbers("b", {shape.out});
  const at::Tensor x = numbers("x", {shape.rows, shape.in}),
                   residual = numbers("r", {shape.rows, shape.out});
  const at::Tensor product =
      at::linear(x.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble));
  const PackedLinear linear(weight, bias, isa);
  EXPECT_TRUE(near(linear(x), product, 1e-6, 1e-6));
  EXPECT_TRUE(near(linear(x, Activation::none, residual), product + residual, 1e-6, 1e-6));
  for (const Activation activation : {Activation::relu, Activation::gelu, Activation::quick_gelu}) {
    EXPECT_TRUE(near(linear(x, activation, residual),
                     apply_activation(activation, product) + residual, 1e-6, 1e-6))
        << static_cast<int>(activation);
  }
  EXPECT_TRUE(near(PackedLinear(weight, {}, isa)(x), product - bias.to(at::kDouble), 1e-6, 1e-6));
}

INSTANTIATE_TEST_SUITE_P(Isas, PackedLinearShapes,
                         ::testing::Combine(::testing::ValuesIn(available_isas()),
                                            ::testing::ValuesIn(kShapes)));

class PackedLinearIsas : public ::testing::TestWithParam<Isa> {};

// The product with the identity leaves the activation alone.
TEST_P(PackedLinearIsas, GeluIsExactToFloatPrecision) {
  const at::Tensor x = at::linspace(-12, 12, 100001, at::kFloat).unsqueeze(1);
  const PackedLinear identity(at::ones({1, 1}), {}, GetParam());
  const at::Tensor exact = at::gelu(x.to(at::kDouble));
  const at::Tensor error = (identity(x, Activation::gelu).to(at::kDouble) - exact).abs();
  EXPECT_LE((error - 2.5e-7 * x.abs()).max().item<double>(), 1e-12);
}

TEST_P(PackedLinearIsas, QuickGeluIsExactToFloatPrecision) {
  const at::Tensor x = at::linspace(-12, 12, 100001, at::kFloat).unsqueeze(1);
  const PackedLinear identity(at::ones({1, 1}), {}, GetParam());
  const at::Tensor exact = apply_activation(Activation::quick_gelu, x.to(at::kDouble));
  const at::Tensor error = (identity(x, Activation::quick_gelu).to(at::kDouble) - exact).abs();
  EXPECT_LE((error - 2.5e-7 * x.abs()).max().item<double>(), 1e-12);
}

TEST_P(PackedLinearIsas, MlpEqualsItsTwoLayersInDouble) {
  const at::Tensor w1 = numbers("w1", {90, 37}), b1 = numbers("b1", {90});
  const at::Tensor w2 = numbers("w2", {41, 90}), b2 = numbers("b2", {41});
  const at::Tensor x = numbers("mx", {3, 211, 37}), residual = numbers("mr", {3, 211, 41});
  const at::Tensor want =
      at::linear(at::relu(at::linear(x.to(at::kDouble), w1.to(at::kDouble), b1.to(at::kDouble))),
                 w2.to(at::kDouble), b2.to(at::kDouble)) +
      residual;
  const at::Tensor got = packed_mlp(PackedLinear(w1, b1, GetParam()), Activation::relu,
                                    PackedLinear(w2, b2, GetParam()), x, residual);
  EXPECT_TRUE(near(got, want, 1e-6));
}

TEST_P(PackedLinearIsas, NoRowsGiveNoRows) {
  const PackedLinear linear(numbers("w", {4, 3}), {}, GetParam());
  EXPECT_EQ(linear(at::empty({0, 3})).sizes(), at::IntArrayRef({0, 4}));
}

INSTANTIATE_TEST_SUITE_P(Isas, PackedLinearIsas, ::testing::ValuesIn(available_isas()));

TEST(PackedLinear, WrongShapesAreRefused) {
  const PackedLinear linear(numbers("w", {4, 3}), numbers("b", {4}));
  EXPECT_ERROR(shape_mismatch, "x: expected shape [*, 3]", linear(at::zeros({2, 4})));
  EXPECT_ERROR(shape_mismatch, "residual: expected shape [2, 4]",
               linear(at::zeros({2, 3}), Activation::none, at::zeros({2, 3})));
  EXPECT_ERROR(shape_mismatch, "x: expected dtype Float", linear(at::zeros({2, 3}, at::kDouble)));
  EXPECT_ERROR(shape_mismatch, "bias: expected shape [4]",
               PackedLinear(numbers("w", {4, 3}), numbers("b", {3})));
}

}  // namespace packed_linear_test
}  // namespace fcclip::ops
