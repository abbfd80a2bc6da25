// The GPU's kernels of a picture's way into the network where there is no GPU (ctest's ops.fake_cuda, as
// gpu_kernels_test.cpp): the processor's numbers, bit for bit.

#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/ops/cuda/resize_u8_launch.h"
#include "tests/ops/fake_driver.h"

namespace fcclip::ops {
namespace gpu_resize_u8_test {

at::Tensor bytes_of(at::IntArrayRef shape) {
  at::manual_seed(17);
  return at::randint(0, 256, shape, at::kByte);
}

struct Sizes {
  Size from, to;
};

class GpuKernelsOfPictures : public ::testing::TestWithParam<Sizes> {};

TEST_P(GpuKernelsOfPictures, ResizeIsTheProcessorsBitForBit) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const auto [from, to] = GetParam();
  for (const int64_t channels : {1, 2, 3, 4}) {
    const at::Tensor in = bytes_of({from.height, from.width, channels});
    const at::Tensor got = cuda::launch_resize_bilinear_u8(in, to, {});
    EXPECT_EQ(got.scalar_type(), at::kByte);
    EXPECT_TRUE(got.equal(resize_bilinear_u8(in, to))) << channels;
  }
}

// One pixel, growing, shrinking, both, one side equal, thin pictures, rows of several blocks, a filter
// as long as a row of 5000.
INSTANTIATE_TEST_SUITE_P(Sizes, GpuKernelsOfPictures,
                         ::testing::Values(Sizes{{1, 1}, {1, 1}}, Sizes{{1, 1}, {7, 9}},
                                           Sizes{{7, 9}, {1, 1}}, Sizes{{37, 53}, {11, 90}},
                                           Sizes{{37, 53}, {80, 20}}, Sizes{{37, 53}, {37, 101}},
                                           Sizes{{37, 53}, {100, 53}}, Sizes{{1, 97}, {1, 31}},
                                           Sizes{{97, 1}, {301, 1}}, Sizes{{1, 5000}, {1, 133}},
                                           Sizes{{2, 5000}, {3, 1}}, Sizes{{60, 80}, {75, 100}},
                                           Sizes{{31, 400}, {24, 299}}));

TEST(GpuKernelsOfPicturesEdges, WhiteAndBlackStayWhatTheyAre) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  for (const int64_t value : {0, 255}) {
    const at::Tensor in = at::full({13, 17, 3}, value, at::kByte);
    EXPECT_TRUE(cuda::launch_resize_bilinear_u8(in, {101, 3}, {}).eq(value).all().item<bool>());
  }
}

TEST(GpuKernelsOfPicturesEdges, ViewsAreRead) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const at::Tensor in = bytes_of({20, 30, 3}).flip({1}).slice(0, 3, 18);
  EXPECT_TRUE(
      cuda::launch_resize_bilinear_u8(in, {9, 40}, {}).equal(resize_bilinear_u8(in, {9, 40})));
  const at::Tensor planes = bytes_of({2, 3, 8, 5}).permute({0, 2, 3, 1});
  const PixelNorm norm = {{1, 2, 3}, {4, 5, 6}};
  EXPECT_TRUE(cuda::launch_normalise_and_pad(planes, norm, {9, 9}, {})
                  .equal(normalise_and_pad(planes, norm, {9, 9})));
}

// A second picture of the sizes finds the filters there.
TEST(GpuKernelsOfPicturesEdges, KeptFiltersServeTheNextPicture) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  for (const int64_t seed : {1, 2}) {
    at::manual_seed(static_cast<uint64_t>(seed));
    const at::Tensor in = at::randint(0, 256, {41, 29, 3}, at::kByte);
    EXPECT_TRUE(
        cuda::launch_resize_bilinear_u8(in, {19, 47}, {}).equal(resize_bilinear_u8(in, {19, 47})));
  }
}

TEST(GpuKernelsOfPicturesEdges, EveryValueIsNormalisedAsByTheProcessor) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const at::Tensor values = at::arange(256, at::kByte).view({1, 16, 16, 1}).expand({1, 16, 16, 3});
  const PixelNorm norm = {{122.7709383, 116.7460125, 104.09373615},
                          {68.5005327, 66.6321579, 70.32316305}};
  for (const Size padded : {Size{16, 16}, Size{32, 16}, Size{16, 33}, Size{45, 100}}) {
    EXPECT_TRUE(cuda::launch_normalise_and_pad(values, norm, padded, {})
                    .equal(normalise_and_pad(values, norm, padded)));
  }
}

TEST(GpuKernelsOfPicturesEdges, PicturesOfABatchArePaddedEach) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const PixelNorm norm = {{100, 110, 120}, {60, 61, 62}};
  const at::Tensor two = bytes_of({2, 5, 91, 3});
  const at::Tensor got = cuda::launch_normalise_and_pad(two, norm, {8, 96}, {});
  EXPECT_TRUE(got.equal(normalise_and_pad(two, norm, {8, 96})));
  EXPECT_EQ(got.slice(1, 5).abs().max().item<float>(), 0);
  EXPECT_EQ(cuda::launch_normalise_and_pad(bytes_of({0, 5, 5, 3}), norm, {8, 8}, {}).numel(), 0);
}

TEST(GpuResizeSizes, RowsThatThirtyTwoBitsDoNotCountAreTheProcessors) {
  const at::Tensor one = at::zeros({1, 1, 1}, at::kByte);
  const int64_t most = std::numeric_limits<int32_t>::max();
  EXPECT_TRUE(cuda::fits_resize_kernels(one, {3000, 3000}));
  EXPECT_TRUE(cuda::fits_resize_kernels(one.expand({30000, 30000, 4}), {800, 800}));
  EXPECT_FALSE(cuda::fits_resize_kernels(one.expand({1, most, 1}), {1, 5}));
  EXPECT_FALSE(cuda::fits_resize_kernels(one, {1, most}));
  EXPECT_FALSE(cuda::fits_resize_kernels(one, {most, 1000}));
}

}  // namespace gpu_resize_u8_test
}  // namespace fcclip::ops
