#include "fcclip/ops/convnext_block.h"

#include <thread>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/ops/cuda/convnext_block.h"
#include "tests/ops/every_implementation.h"
#include "tests/ops/fake_driver.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::ops {
namespace convnext_block_test {

using test::formula_tensor;
using test::near;

ConvNextBlockWeights weights_of(int64_t channels) {
  const auto draw = [channels](const std::string& key, at::IntArrayRef shape, double lo,
                               double hi) {
    return formula_tensor("block" + std::to_string(channels) + ":", key, shape, lo, hi);
  };
  const int64_t hidden = 4 * channels;
  ConvNextBlockWeights weights;
  weights.depthwise = draw("dw", {channels, 1, 7, 7}, -0.3, 0.3);
  weights.depthwise_bias = draw("dwb", {channels}, -0.3, 0.3);
  weights.norm = {draw("nw", {channels}, 0.5, 1.5), draw("nb", {channels}, -0.5, 0.5), 1e-6};
  weights.fc1 = {draw("w1", {hidden, channels}, -0.3, 0.3), draw("b1", {hidden}, -0.3, 0.3)};
  weights.fc2 = {draw("w2", {channels, hidden}, -0.3, 0.3), draw("b2", {channels}, -0.3, 0.3)};
  weights.gamma = draw("gamma", {channels}, -1, 1);
  return weights;
}

at::Tensor naive(const ConvNextBlockWeights& w, const at::Tensor& x) {
  const auto wide = [](const at::Tensor& tensor) { return tensor.to(at::kDouble); };
  const int64_t channels = x.size(3);
  const at::Tensor convolved = at::conv2d(wide(x).permute({0, 3, 1, 2}), wide(w.depthwise),
                                          wide(w.depthwise_bias), 1, 3, 1, channels)
                                   .permute({0, 2, 3, 1});
  const at::Tensor normed =
      at::layer_norm(convolved, {channels}, wide(w.norm.weight), wide(w.norm.bias), w.norm.eps);
  const at::Tensor hidden = at::gelu(at::linear(normed, wide(w.fc1.weight), wide(w.fc1.bias)));
  return x + wide(w.gamma) * at::linear(hidden, wide(w.fc2.weight), wide(w.fc2.bias));
}

struct Map {
  int64_t batch, height, width, channels;
};

// Maps smaller than the window, rows that end in the middle of a tile, several images, channels
// that are no multiple of a vector, and more pixels than one block of rows has.
const Map kMaps[] = {{1, 1, 1, 16},  {1, 2, 3, 32},   {2, 5, 9, 20},
                     {1, 7, 27, 40}, {3, 11, 21, 36}, {1, 24, 33, 7}};

at::Tensor input_of(const Map& map) {
  return formula_tensor("block", "x", {map.batch, map.height, map.width, map.channels}, -2, 2);
}

class ConvNextBlockMaps : public ::testing::TestWithParam<std::tuple<const Implementation*, Map>> {
};

TEST_P(ConvNextBlockMaps, EqualsTheBlockInDouble) {
  const auto [implementation, map] = GetParam();
  const Forced forced(*implementation);
  const ConvNextBlockWeights weights = weights_of(map.channels);
  const at::Tensor x = input_of(map);
  at::Tensor y = at::full_like(x, std::numeric_limits<float>::quiet_NaN());
  PackedConvNextBlock(weights).run(x, y);
  EXPECT_TRUE(near(y, naive(weights, x), 2e-6));
}

INSTANTIATE_TEST_SUITE_P(Implementations, ConvNextBlockMaps,
                         ::testing::Combine(::testing::ValuesIn(host_implementations()),
                                            ::testing::ValuesIn(kMaps)));

TEST(ConvNextBlock, PackedAtItsFirstUseByWhicheverThreadIsFirstItIsTheSame) {
  ConvNextBlockWeights weights = weights_of(20);
  const at::Tensor x = formula_tensor("block", "late", {1, 9, 8, 20}, -2, 2);
  at::Tensor expected = at::empty_like(x);
  PackedConvNextBlock(weights).run(x, expected);
  std::vector<at::Tensor> given_back;
  weights.packing.at_first_use = true;
  weights.packing.packed_late = [&](const at::Tensor& one) { given_back.push_back(one); };
  const PackedConvNextBlock block(weights), copy = block;
  EXPECT_TRUE(given_back.empty());
  std::vector<at::Tensor> got(4);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < got.size(); ++i) {
    threads.emplace_back([&, i] {
      got[i] = at::empty_like(x);
      (i % 2 == 0 ? block : copy).run(x, got[i]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const at::Tensor& y : got) EXPECT_TRUE(y.equal(expected));
  ASSERT_EQ(given_back.size(), 2u);  // each weight once
  EXPECT_TRUE(given_back[0].is_same(weights.fc1.weight));
  EXPECT_TRUE(given_back[1].is_same(weights.fc2.weight));
}

TEST(ConvNextBlock, WrongShapesAreRefusedBeforeTheFirstUseToo) {
  ConvNextBlockWeights weights = weights_of(8);
  weights.packing.at_first_use = true;
  weights.gamma = at::ones({7});
  EXPECT_ERROR(shape_mismatch, "bias, norm or gamma", PackedConvNextBlock{weights});
}

TEST(ConvNextBlock, RefusesToWriteOverItsInput) {
  const PackedConvNextBlock block(weights_of(8));
  at::Tensor x = at::zeros({1, 2, 2, 8});
  EXPECT_ERROR(invalid_argument, "x and y: expected two contiguous tensors of their own",
               block.run(x, x));
}

TEST(ConvNextBlock, WrongShapesAreRefused) {
  ConvNextBlockWeights weights = weights_of(8);
  at::Tensor y = at::zeros({1, 2, 2, 7});
  EXPECT_ERROR(shape_mismatch, "x: expected shape [*, *, *, 8]",
               PackedConvNextBlock(weights).run(at::zeros({1, 2, 2, 7}), y));
  weights.gamma = at::zeros({7});
  EXPECT_ERROR(shape_mismatch, "bias, norm or gamma: expected shape [8]",
               PackedConvNextBlock{weights});
}

// The GPU's block where there is none (ctest's ops.fake_cuda, as gpu_kernels_test.cpp): its kernel by the
// stand-in for the driver, its products by LibTorch on the processor.
at::Tensor run_as_on_gpu(const ConvNextBlockWeights& weights, const at::Tensor& x) {
  at::Tensor y = at::full_like(x, std::numeric_limits<float>::quiet_NaN());
  cuda::pack_convnext_block_for(weights, [](const at::Tensor&) { return cuda::LaunchPlace{}; })(x,
                                                                                                y);
  return y;
}

TEST(GpuKernelsOfConvNextBlock, EqualTheBlockInDouble) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  for (const Map& map : kMaps) {
    const ConvNextBlockWeights weights = weights_of(map.channels);
    const at::Tensor x = input_of(map);
    EXPECT_TRUE(near(run_as_on_gpu(weights, x), naive(weights, x), 2e-6)) << map.channels;
  }
}

// As products_test.cpp has it of LibTorch's operations: within eight roundings.
TEST(GpuKernelsOfConvNextBlock, RoundBothSidesOfProductsAlone) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const at::Tensor x = input_of(kMaps[3]);
  ConvNextBlockWeights weights = weights_of(kMaps[3].channels);
  const at::Tensor exact = naive(weights, x);
  const double scale = exact.abs().max().item<double>();
  for (const auto& [products, rounding] :
       {std::pair{Products::bfloat16, 0x1p-9}, {Products::float16, 0x1p-12}}) {
    weights.packing = products;
    const at::Tensor got = run_as_on_gpu(weights, x);
    EXPECT_EQ(got.scalar_type(), at::kFloat);
    EXPECT_TRUE(near(got, exact, 8 * rounding)) << name(products);
    EXPECT_GT((got - exact).abs().max().item<double>(), 1e-5 * scale) << name(products);
    // The depthwise convolution is exact, asked or not.
    weights.packing.exact_parts = {"depthwise"};
    EXPECT_TRUE(run_as_on_gpu(weights, x).equal(got));
    weights.packing.exact_parts.clear();
    EXPECT_TRUE(run_as_on_gpu(weights, x).equal(got));
  }
}

TEST(GpuKernelsOfConvNextBlock, MapsThatTheyDoNotTakeAreLibTorchs) {
  constexpr int64_t kWide = 3076, kHidden = 4;
  at::manual_seed(5);
  ConvNextBlockWeights weights = {at::randn({kWide, 1, 7, 7}) / 7,
                                  at::randn({kWide}),
                                  {at::rand({kWide}) + 0.5, at::randn({kWide}), 1e-6},
                                  {at::randn({kHidden, kWide}) / 55, at::randn({kHidden})},
                                  {at::randn({kWide, kHidden}) / 2, at::randn({kWide})},
                                  at::randn({kWide})};
  const auto nowhere = [](const at::Tensor&) -> cuda::LaunchPlace {
    fail(ErrorCode::internal, "nothing is to be launched");
  };
  for (const at::Tensor& x : {at::randn({1, 2, 3, kWide}), at::empty({0, 2, 3, kWide})}) {
    at::Tensor y = at::empty_like(x);
    cuda::pack_convnext_block_for(weights, nowhere)(x, y);
    if (x.numel() > 0) {
      EXPECT_TRUE(near(y, naive(weights, x), 2e-6));
    }
  }
}

// What a GPU's product of 16 bits ends with (cuda/convnext_block.cpp) beside what it replaces.
TEST(GeluInProducts, ByTanhUnroundedItIsNearerThanExactOfARoundedNumber) {
  const at::Tensor line = at::linspace(-8, 8, 160001, at::kDouble);
  const at::Tensor off = (at::gelu(line, "tanh") - at::gelu(line)).abs();
  EXPECT_LT(off.max().item<double>(), 4.8e-4);
  EXPECT_GT(off.max().item<double>(), 4.7e-4);
  at::manual_seed(3);
  const at::Tensor drawn = at::randn({1 << 18}, at::kDouble);
  for (const double width : {0.5, 1.0, 2.0}) {
    const at::Tensor x = drawn * width, exact = at::gelu(x);
    for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
      const auto rounded = [type](const at::Tensor& t) { return t.to(type).to(at::kDouble); };
      const auto error = [&](const at::Tensor& got) {
        return (rounded(got) - exact).square().mean().sqrt().item<double>();
      };
      EXPECT_LT(error(at::gelu(x, "tanh")), error(at::gelu(rounded(x)))) << type << " " << width;
    }
  }
}

}  // namespace convnext_block_test
}  // namespace fcclip::ops
