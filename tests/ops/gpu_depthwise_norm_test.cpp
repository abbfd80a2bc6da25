// The GPU's depthwise convolution with its norm where there is none (ctest's ops.fake_cuda, as
// gpu_kernels_test.cpp): equal to LibTorch's operations in double precision.

#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/ops/cuda/depthwise_norm_launch.h"
#include "tests/ops/fake_driver.h"

namespace fcclip::ops {
namespace gpu_depthwise_norm_test {

struct Inputs {
  at::Tensor x, kernel, bias;
  LayerNormWeights norm;
};

Inputs random_inputs(at::IntArrayRef shape, bool affine = true) {
  at::manual_seed(41);
  const int64_t channels = shape[3];
  Inputs in = {
      at::randn(shape), at::randn({channels, 1, 7, 7}) / 7, at::randn({channels}), {{}, {}, 1e-6}};
  if (affine) {
    in.norm.weight = at::rand({channels}) + 0.5;
    in.norm.bias = at::randn({channels});
  }
  return in;
}

at::Tensor launched(const Inputs& in, at::ScalarType type = at::kFloat) {
  return cuda::launch_depthwise_norm(in.x, cuda::pack_depthwise_norm(in.kernel, in.bias, in.norm),
                                     type, {});
}

at::Tensor wide(const at::Tensor& x) {
  return x.defined() ? x.to(at::kDouble) : x;
}

at::Tensor convolved(const at::Tensor& x, const at::Tensor& kernel, const at::Tensor& bias) {
  return at::conv2d(x.permute({0, 3, 1, 2}), kernel, bias, 1, 3, 1, x.size(3))
      .permute({0, 2, 3, 1});
}

struct Wanted {
  at::Tensor out, bound;  // in double, and how far float32 may be off
};

// u = 2^-24. A convolved number is 49 products added one by one to the bias: at most 50u of the sum of
// their sizes S. A mean is a sum of at most 3 numbers of a thread, 5 rounds in a warp and 32 warps,
// times a rounded 1/C: 42u of the numbers. Both make E, how far a number less its mean is off, and so at
// most the deviation s. Its square's sum, root and quotient are 50u more of n, the normed number, and
// the affine is two roundings.
Wanted wanted(const Inputs& in) {
  constexpr double u = 0x1p-24;
  const int64_t channels = in.x.size(3);
  const at::Tensor x = wide(in.x), kernel = wide(in.kernel), bias = wide(in.bias);
  const at::Tensor v = convolved(x, kernel, bias);
  const at::Tensor sizes = convolved(x.abs(), kernel.abs(), bias.abs());
  const at::Tensor normed = at::layer_norm(v, {channels}, {}, {}, in.norm.eps);
  const at::Tensor s = (v.var({3}, /*unbiased=*/false, true) + in.norm.eps).sqrt();
  const at::Tensor off = (50 * u * sizes + 42 * u * v.abs()).amax({3}, true) * 2;
  const at::Tensor of_normed = off / s * (1 + normed.abs()) + 50 * u * normed.abs();
  const at::Tensor out =
      at::layer_norm(v, {channels}, wide(in.norm.weight), wide(in.norm.bias), in.norm.eps);
  const at::Tensor grown =
      in.norm.weight.defined() ? of_normed * wide(in.norm.weight) + 2 * u * out.abs() : of_normed;
  return {out, grown};
}

double rounding_of(at::ScalarType type) {
  if (type == at::kHalf) return 0x1p-11;
  return type == at::kBFloat16 ? 0x1p-8 : 0;
}

// Of numbers between bounds a rounding to `type` keeps apart at most half a last place; halves below
// 2^-14 have places of 2^-24.
void expect_within(const at::Tensor& got, const Wanted& want) {
  const double rounding = rounding_of(got.scalar_type());
  const at::Tensor off = (wide(got) - want.out).abs();
  const at::Tensor bound =
      want.bound + rounding * (want.out.abs() + want.bound) + (rounding > 0 ? 0x1p-25 : 0);
  EXPECT_TRUE(off.le(bound).all().item<bool>())
      << got.scalar_type() << " " << got.sizes() << ": off by up to "
      << (off / bound).max().item<double>() << " of the bound";
}

class GpuKernelsOfTiles : public ::testing::TestWithParam<std::vector<int64_t>> {};

TEST_P(GpuKernelsOfTiles, ConvolveAndNormAsInDoublePrecision) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const Inputs in = random_inputs(GetParam()), bare = random_inputs(GetParam(), /*affine=*/false);
  const Wanted want = wanted(in);
  for (const at::ScalarType type : {at::kFloat, at::kHalf, at::kBFloat16}) {
    const at::Tensor got = launched(in, type);
    ASSERT_EQ(got.scalar_type(), type);
    ASSERT_EQ(got.sizes(), in.x.sizes());
    expect_within(got, want);
  }
  expect_within(launched(bare), wanted(bare));
}

// One pixel, maps smaller than the window, tiles that end in the middle in either direction, several
// images; one channel, no whole warp, the model's widths, and the most that either kernel takes.
INSTANTIATE_TEST_SUITE_P(
    Sizes, GpuKernelsOfTiles,
    ::testing::Values(std::vector<int64_t>{1, 1, 1, 24}, std::vector<int64_t>{2, 3, 2, 1},
                      std::vector<int64_t>{2, 9, 11, 24}, std::vector<int64_t>{1, 8, 4, 33},
                      std::vector<int64_t>{2, 5, 6, 192}, std::vector<int64_t>{1, 5, 1, 512},
                      std::vector<int64_t>{1, 3, 5, 513}, std::vector<int64_t>{2, 5, 3, 768},
                      std::vector<int64_t>{1, 2, 5, 1536}, std::vector<int64_t>{1, 1, 2, 3072}));

// Large means beside small differences: what is left of them is float32's, not the square's.
TEST(GpuKernelsOfTilesEdges, AMeanFarFromZeroCostsNoMoreThanItsOwnRounding) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  Inputs in = random_inputs({1, 2, 3, 96});
  in.bias += 1000;
  expect_within(launched(in), wanted(in));
}

TEST(GpuKernelsOfTilesEdges, OneChannelIsItsNormsBias) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const Inputs in = random_inputs({1, 5, 5, 1});
  EXPECT_TRUE(launched(in).equal(in.norm.bias.expand({1, 5, 5, 1})));
}

TEST(GpuKernelsOfTilesEdges, WhatIsNotANumberIsSeenByItsWindowsAlone) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  for (const int64_t channels : {24, 600}) {
    for (const auto& [y, x] : {std::pair<int64_t, int64_t>{0, 0}, {4, 5}, {8, 10}}) {
      Inputs in = random_inputs({1, 9, 11, channels});
      in.x[0][y][x][7] = std::numeric_limits<float>::quiet_NaN();
      at::Tensor want = at::zeros({1, 9, 11, channels}, at::kBool);
      for (int64_t row = std::max<int64_t>(y - 3, 0); row < std::min<int64_t>(y + 4, 9); ++row) {
        want[0][row].slice(0, std::max<int64_t>(x - 3, 0), x + 4).fill_(true);
      }
      EXPECT_TRUE(launched(in).isnan().equal(want)) << channels << " " << y << " " << x;
    }
  }
}

TEST(GpuKernelsOfTilesEdges, WhatIsAroundAMapIsZero) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  Inputs in = random_inputs({1, 4, 5, 24});
  const at::Tensor small = launched(in);
  const at::Tensor around = at::zeros({1, 12, 13, 24});
  around.slice(1, 4, 8).slice(2, 4, 9).copy_(in.x);
  in.x = around;
  EXPECT_TRUE(launched(in).slice(1, 4, 8).slice(2, 4, 9).equal(small));
}

TEST(GpuKernelsOfTilesEdges, NoPixelsAreNoLaunch) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  for (const std::vector<int64_t>& shape :
       std::vector<std::vector<int64_t>>{{0, 3, 3, 8}, {2, 0, 3, 8}, {2, 3, 0, 8}}) {
    EXPECT_EQ(launched(random_inputs(shape), at::kHalf).sizes(), at::IntArrayRef(shape));
  }
}

TEST(DepthwiseNormFits, WhatItsNumbersCount) {
  const auto fits = [](at::IntArrayRef shape) {
    return cuda::fits_depthwise_norm(at::zeros({1, 1, 1, 1}).expand(shape));
  };
  EXPECT_TRUE(fits({1, 1, 1, 3072}));
  EXPECT_FALSE(fits({1, 1, 1, 3073}));
  EXPECT_TRUE(fits({1, 1024, 1 << 19, 3072}));
  EXPECT_FALSE(fits({1, 1, 1 << 20, 3072}));
  EXPECT_TRUE(fits({200000, 400, 400, 8}));
  EXPECT_FALSE(fits({300000, 400, 400, 8}));
}

}  // namespace gpu_depthwise_norm_test
}  // namespace fcclip::ops
