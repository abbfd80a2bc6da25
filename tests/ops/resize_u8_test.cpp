#include "fcclip/ops/resize_u8.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/ops/every_implementation.h"
#include "tests/support/errors.h"

namespace fcclip::ops {
namespace {

at::Tensor random_pixels(at::IntArrayRef shape, uint64_t seed) {
  at::manual_seed(seed);
  return at::randint(0, 256, shape, at::kByte);
}

/// One pass in double precision along axis 0, rounded to 8 bits as between the two passes.
at::Tensor naive_pass(const at::Tensor& in, int64_t out_length) {
  const int64_t length = in.size(0);
  const double scale = static_cast<double>(length) / out_length, support = std::max(1.0, scale);
  const at::Tensor centers = (at::arange(out_length, at::kDouble) + 0.5).mul(scale).unsqueeze(1);
  const at::Tensor positions = at::arange(length, at::kDouble) + 0.5;
  const at::Tensor weights = (1 - (positions - centers).abs() / support).clamp_min(0);
  const at::Tensor sums = at::matmul(weights / weights.sum(1, true), in.to(at::kDouble).flatten(1));
  std::vector<int64_t> shape = in.sizes().vec();
  shape[0] = out_length;
  return (sums + 0.5).floor().clamp(0, 255).to(at::kByte).view(shape);
}

TEST(ResizeU8, EveryImplementationNearlyEqualsTheFilterInDoublePrecision) {
  for (const int64_t channels : {1, 2, 3, 4}) {
    const at::Tensor in = random_pixels({37, 53, channels}, 3);
    for (const Size size : {Size{11, 90}, Size{80, 20}, Size{37, 100}, Size{100, 53}, Size{1, 1}}) {
      const at::Tensor across =
          naive_pass(in.transpose(0, 1).contiguous(), size.width).transpose(0, 1);
      const at::Tensor want = naive_pass(across.contiguous(), size.height);
      at::Tensor first;
      with_every_implementation([&] {
        const at::Tensor got = resize_bilinear_u8(in, size);
        const at::Tensor off = (got.to(at::kInt) - want.to(at::kInt)).abs();
        // Only an exact half may round differently in 22 bits.
        EXPECT_LE(off.max().item<int>(), 1);
        EXPECT_LT(off.to(at::kFloat).mean().item<float>(), 0.03);
        if (!first.defined()) first = got;
        EXPECT_TRUE(got.equal(first));
      });
    }
  }
}

TEST(ResizeU8, BandsDoNotShow) {
  // Taller than several bands; shrinking and growing.
  const at::Tensor in = random_pixels({1500, 9, 3}, 4);
  for (const int64_t height : {400, 2100}) {
    const at::Tensor whole = resize_bilinear_u8(in, {height, 9});
    const at::Tensor columns = naive_pass(in, height);
    EXPECT_LE((whole.to(at::kInt) - columns.to(at::kInt)).abs().max().item<int>(), 1);
  }
}

TEST(ResizeU8, SameSizeIsThePictureAndConstantStaysConstant) {
  const at::Tensor in = random_pixels({5, 6, 3}, 5);
  EXPECT_TRUE(resize_bilinear_u8(in, {5, 6}).equal(in));
  const at::Tensor white = at::full({13, 17, 3}, 255, at::kByte);
  EXPECT_TRUE(resize_bilinear_u8(white, {101, 3}).eq(255).all().item<bool>());
}

TEST(ResizeU8, ReadsViews) {
  const at::Tensor in = random_pixels({20, 30, 3}, 6);
  EXPECT_TRUE(resize_bilinear_u8(in.flip({1}), {9, 9})
                  .equal(resize_bilinear_u8(in.flip({1}).contiguous(), {9, 9})));
  const at::Tensor crop = in.slice(1, 4, 19);
  EXPECT_TRUE(resize_bilinear_u8(crop, {9, 9}).equal(resize_bilinear_u8(crop.clone(), {9, 9})));
}

TEST(ResizeU8, NearestTakesPixelCentres) {
  const at::Tensor ids = at::arange(12, at::kInt).view({3, 4});
  EXPECT_TRUE(resize_nearest(ids, {3, 4}).equal(ids));
  EXPECT_TRUE(
      resize_nearest(ids, {6, 8}).equal(ids.repeat_interleave(2, 0).repeat_interleave(2, 1)));
  EXPECT_EQ(resize_nearest(ids, {1, 1}).item<int>(), 6);
  const at::Tensor rgb = random_pixels({3, 4, 3}, 7);
  EXPECT_TRUE(resize_nearest(rgb, {6, 4}).equal(rgb.repeat_interleave(2, 0)));
  EXPECT_EQ(resize_nearest(ids.to(at::kLong), {2, 2}).scalar_type(), at::kLong);
}

TEST(ResizeU8, RefusesEmptySizesAndOtherTypes) {
  const at::Tensor in = random_pixels({4, 4, 3}, 8);
  EXPECT_ERROR(invalid_argument, "cannot resize a picture to 0 x 4 pixels (height x width)",
               resize_bilinear_u8(in, {0, 4}));
  EXPECT_ERROR(shape_mismatch, "picture to resize: expected dtype Byte",
               resize_bilinear_u8(in.to(at::kFloat), {2, 2}));
  EXPECT_ERROR(shape_mismatch, "picture to resize is [4, 4, 5], expected [H, W, C] with H, W >=",
               resize_bilinear_u8(at::zeros({4, 4, 5}, at::kByte), {2, 2}));
  EXPECT_ERROR(shape_mismatch, "picture to resize is [0, 4, 3], expected [H, W, C] with H, W >=",
               resize_bilinear_u8(at::zeros({0, 4, 3}, at::kByte), {2, 2}));
  EXPECT_ERROR(invalid_argument, "cannot resize a picture to 2 x -1 pixels (height x width)",
               resize_nearest(in, {2, -1}));
  EXPECT_ERROR(shape_mismatch, "map to resize is [0, 3], expected [H, W] or [H, W, C] with at",
               resize_nearest(at::zeros({0, 3}), {2, 2}));
}

}  // namespace
}  // namespace fcclip::ops
