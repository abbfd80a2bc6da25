#include "fcclip/ops/normalise.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/ops/every_implementation.h"
#include "tests/support/errors.h"

namespace fcclip::ops {
namespace normalise_test {

const PixelNorm kNorm = {{122.7709383, 116.7460125, 104.09373615},
                         {68.5005327, 66.6321579, 70.32316305}};

TEST(NormaliseAndPad, EveryImplementationHasTheReferencesRoundings) {
  at::manual_seed(3);
  const at::Tensor pixels = at::randint(0, 256, {2, 21, 34, 3}, at::kByte);
  with_every_implementation([&] {
    const at::Tensor got = normalise_and_pad(pixels, kNorm, {32, 40});
    ASSERT_EQ(got.sizes(), at::IntArrayRef({2, 32, 40, 3}));
    ASSERT_EQ(got.scalar_type(), at::kFloat);
    for (int64_t c = 0; c < 3; ++c) {
      const auto channel = static_cast<size_t>(c);
      const at::Tensor want =
          pixels.select(3, c).to(at::kFloat).sub(static_cast<float>(kNorm.mean[channel])) /
          at::full({}, static_cast<float>(kNorm.std[channel]), at::kFloat);
      EXPECT_TRUE(got.select(3, c).slice(1, 0, 21).slice(2, 0, 34).equal(want));
    }
    EXPECT_EQ(got.slice(1, 21).abs().max().item<float>(), 0);
    EXPECT_EQ(got.slice(2, 34).abs().max().item<float>(), 0);
  });
}

TEST(NormaliseAndPad, ReadsViewsAndNothing) {
  const at::Tensor pixels = at::arange(2 * 3 * 4 * 5, at::kByte).view({2, 3, 4, 5});
  const at::Tensor view = pixels.permute({0, 2, 3, 1});
  with_every_implementation([&] {
    EXPECT_TRUE(normalise_and_pad(view, kNorm, {4, 7})
                    .equal(normalise_and_pad(view.contiguous(), kNorm, {4, 7})));
    EXPECT_EQ(normalise_and_pad(view.slice(0, 2), kNorm, {4, 7}).sizes(),
              at::IntArrayRef({0, 4, 7, 3}));
  });
}

TEST(NormaliseAndPad, RefusesOtherShapesTypesAndSmallerSizes) {
  const at::Tensor pixels = at::zeros({1, 4, 5, 3}, at::kByte);
  EXPECT_ERROR(shape_mismatch, "pixels to normalise: expected shape [*, *, *, 3]",
               normalise_and_pad(pixels[0], kNorm, {4, 5}));
  EXPECT_ERROR(shape_mismatch, "pixels to normalise: expected dtype Byte",
               normalise_and_pad(pixels.to(at::kFloat), kNorm, {4, 5}));
  EXPECT_ERROR(invalid_argument,
               "pictures of 4 x 5 pixels (height x width) can't be padded to 4 x 4",
               normalise_and_pad(pixels, kNorm, {4, 4}));
}

}  // namespace normalise_test
}  // namespace fcclip::ops
