// Products in 16 bits by LibTorch's own operations: what runs on a GPU, here on the processor.

#include "fcclip/ops/products.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "fcclip/ops/conv3x3.h"
#include "fcclip/ops/convnext_block.h"
#include "fcclip/ops/deform_encoder.h"
#include "fcclip/ops/packed_linear.h"
#include "fcclip/ops/patch_conv.h"
#include "tests/ops/every_implementation.h"
#include "tests/support/errors.h"

namespace fcclip::ops {
namespace products_test {

constexpr Products kRounded[] = {Products::bfloat16, Products::float16};

// Half a last place of what both sides are rounded to.
double rounding(Products products) {
  return products == Products::bfloat16 ? 0x1p-9 : 0x1p-12;
}

const Implementation& aten() {
  return *host_implementations().front();
}

at::Tensor randn(at::IntArrayRef shape, double scale = 1) {
  return at::randn(shape) * scale;
}

LinearWeights linear(int64_t in, int64_t out) {
  return {randn({out, in}, 1 / std::sqrt(static_cast<double>(in))), randn({out}, 0.1)};
}

// Of float32's result: not the same numbers, and no farther than some roundings.
void expect_rounded(const at::Tensor& got, const at::Tensor& exact, Products products) {
  ASSERT_EQ(got.scalar_type(), at::kFloat);
  ASSERT_EQ(got.sizes(), exact.sizes());
  const double error = (got - exact).abs().max().item<double>();
  const double scale = exact.abs().max().item<double>();
  EXPECT_GT(error, 0) << name(products);
  EXPECT_LT(error, 8 * rounding(products) * scale) << name(products);
}

TEST(ProductsNames, AreReadAndAutoFollowsTheDevice) {
  for (const std::string_view text : {"float32", "tf32", "bfloat16", "float16", "int8"}) {
    EXPECT_EQ(name(products_named(text, at::kCPU)), text);
  }
  EXPECT_EQ(products_named("auto", at::kCPU), Products::float32);
  EXPECT_EQ(best_gpu_products(90), Products::bfloat16);
  EXPECT_EQ(best_gpu_products(75), Products::float16);
  EXPECT_EQ(best_gpu_products(61), Products::float32);
  EXPECT_ERROR(invalid_argument, "expected float32, tf32, bfloat16, float16, int8 or auto",
               products_named("float8", at::kCPU));
}

TEST(ProductsNames, WhatADeviceCannotDoIsRefused) {
  for (const Products products : {Products::tf32, Products::float16}) {
    EXPECT_ERROR(unsupported, "is for NVIDIA GPUs", need_products(products, at::kCPU));
  }
  for (const Products products : {Products::float32, Products::float16}) {
    EXPECT_EQ(lack_of_gpu_products(products, 75), "");
  }
  EXPECT_EQ(lack_of_gpu_products(Products::bfloat16, 75),
            "bfloat16 needs a GPU of capability 8.0, this one has 7.5; take float16 or float32");
  EXPECT_EQ(lack_of_gpu_products(Products::float16, 61),
            "float16 needs a GPU of capability 7.0, this one has 6.1; take float32");
  EXPECT_EQ(lack_of_gpu_products(Products::tf32, 80), "");
}

TEST(ProductsNames, LibTorchsOwnOperationsHaveAllTypes) {
  const Forced forced(aten());
  for (const Products products : kRounded) EXPECT_EQ(lack_of_products(products, at::kCPU), "");
}

// A tensor that says it is on a GPU; nothing is in it.
at::Tensor only_said_on_gpu() {
  return at::Tensor(c10::make_intrusive<c10::TensorImpl>(
      c10::DispatchKeySet(c10::DispatchKey::CUDA), caffe2::TypeMeta::Make<float>(),
      at::Device(at::kCUDA, 0)));
}

TEST(ProductsOfLinears, AreOf16BitsWhereverLibTorchMultiplies) {
  const at::Tensor on_gpu = only_said_on_gpu(), here = at::empty({2, 2});
  for (const Products products : kRounded) {
    EXPECT_EQ(linear_dtype(products, on_gpu), dtype_of(products));
    EXPECT_EQ(linear_dtype(products, here), at::kFloat);  // by its own kernels
    const Forced forced(aten());
    EXPECT_EQ(linear_dtype(products, here), dtype_of(products));
  }
}

class ProductsRounded : public ::testing::TestWithParam<Products> {
 protected:
  void SetUp() override { at::manual_seed(21); }
  const c10::InferenceMode guard_;
  const Forced forced_{aten()};
};

TEST_P(ProductsRounded, ConvNextBlock) {
  ConvNextBlockWeights weights = {randn({24, 1, 7, 7}, 1.0 / 7),
                                  randn({24}, 0.1),
                                  {randn({24}, 0.2) + 1, randn({24}, 0.3), 1e-6},
                                  linear(24, 96),
                                  linear(96, 24),
                                  randn({24})};
  const at::Tensor x = randn({2, 9, 11, 24});
  at::Tensor exact = at::empty_like(x), got = at::empty_like(x);
  PackedConvNextBlock(weights).run(x, exact);
  weights.packing.products = GetParam();
  PackedConvNextBlock(weights).run(x, got);
  expect_rounded(got, exact, GetParam());
}

TEST_P(ProductsRounded, PatchConvolution) {
  PatchConvWeights weights = {randn({32, 16, 2, 2}, 1.0 / 8), randn({32}, 0.1)};
  const at::Tensor x = randn({2, 6, 8, 16});
  for (const bool before : {true, false}) {
    const int64_t channels = before ? 16 : 32;
    const LayerNormWeights norm = {randn({channels}, 0.2) + 1, randn({channels}, 0.3)};
    (before ? weights.before : weights.after) = norm;
    weights.packing.products = Products::float32;
    const at::Tensor exact = PackedPatchConv(weights)(x);
    weights.packing.products = GetParam();
    expect_rounded(PackedPatchConv(weights)(x), exact, GetParam());
    weights.before.reset();
  }
}

TEST_P(ProductsRounded, Convolution) {
  const at::Tensor weight = randn({8, 16, 3, 3}, 1.0 / 12), x = randn({9, 11, 16});
  expect_rounded(PackedConv3x3(weight, GetParam())(x), PackedConv3x3(weight)(x), GetParam());
}

TEST_P(ProductsRounded, DeformableEncoder) {
  constexpr int64_t kWidth = 32, kHeads = 4, kPoints = 2;
  const std::vector<Size> levels = {{3, 4}, {6, 8}};
  const int64_t samples = kHeads * 2 * kPoints;
  std::vector<DeformLayerWeights> layers;
  for (int i = 0; i < 2; ++i) {
    const LayerNormWeights norm = {at::ones({kWidth}), at::zeros({kWidth})};
    layers.push_back({linear(kWidth, 2 * samples), linear(kWidth, samples), linear(kWidth, kWidth),
                      linear(kWidth, kWidth), norm, linear(kWidth, 64), linear(64, kWidth), norm});
  }
  const at::Tensor tokens = randn({60, kWidth}), positions = randn({60, kWidth});
  const auto run = [&](Products products) {
    const at::Tensor x = tokens.clone();
    PackedDeformEncoder({kHeads, 2, kPoints, products}, layers)(x, positions, levels);
    return x;
  };
  expect_rounded(run(GetParam()), run(Products::float32), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Types, ProductsRounded, ::testing::ValuesIn(kRounded));

}  // namespace products_test
}  // namespace fcclip::ops
