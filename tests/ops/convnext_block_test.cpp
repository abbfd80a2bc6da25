#include "fcclip/ops/convnext_block.h"

#include <thread>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/ops/every_implementation.h"
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

class ConvNextBlockMaps : public ::testing::TestWithParam<std::tuple<const Implementation*, Map>> {
};

TEST_P(ConvNextBlockMaps, EqualsTheBlockInDouble) {
  const auto [implementation, map] = GetParam();
  const Forced forced(*implementation);
  const ConvNextBlockWeights weights = weights_of(map.channels);
  const at::Tensor x =
      formula_tensor("block", "x", {map.batch, map.height, map.width, map.channels}, -2, 2);
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

}  // namespace convnext_block_test
}  // namespace fcclip::ops
