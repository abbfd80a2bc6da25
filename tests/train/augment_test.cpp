#include "fcclip/train/augment.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/segmenter/preprocess.h"
#include "fcclip/train/batch.h"

namespace fcclip::train {
namespace {

// Each id has its own grey, so that picture and truth can be compared after any transformation.
data::Sample quarters(int64_t height, int64_t width) {
  data::Sample sample;
  sample.ids = at::ones({height, width}, at::kInt);
  sample.ids.narrow(0, height / 2, height - height / 2).fill_(2);
  sample.ids.narrow(1, width / 2, width - width / 2).add_(2);
  sample.rgb = (sample.ids * 50).to(at::kByte).unsqueeze(2).expand({height, width, 3}).contiguous();
  for (int64_t id = 1; id <= 4; ++id) sample.segments.push_back({id, id - 1, id == 4});
  return sample;
}

TEST(Augment, PictureAndTruthStayTogether) {
  AugmentOptions options;
  options.crop_size = 96;
  options.min_scale = 0.3;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed, 0);
    const data::Sample out = augment(quarters(70, 110), options, random);
    ASSERT_EQ(out.rgb.sizes(), (at::IntArrayRef{96, 96, 3}));
    ASSERT_EQ(out.ids.sizes(), (at::IntArrayRef{96, 96}));
    const at::Tensor grey = out.rgb.select(2, 0).to(at::kInt);
    const at::Tensor padded = out.ids == 0;
    const at::Tensor right = at::where(padded, grey == 128, (grey - out.ids * 50).abs() <= 25);
    // Blurred borders between quarters are nobody's.
    EXPECT_GT(right.to(at::kFloat).mean().item<double>(), 0.9) << seed;
    EXPECT_TRUE((grey.masked_select(padded) == 128).all().item<bool>());
  }
}

TEST(Augment, ScalesLieBetweenTheLimitsAndBothSidesAreFlipped) {
  AugmentOptions options;
  options.crop_size = 200;
  options.min_scale = 0.2;
  options.max_scale = 0.8;
  int64_t flipped = 0;
  int64_t smallest = 200, largest = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed, 1);
    const data::Sample out = augment(quarters(100, 100), options, random);
    const int64_t side = (out.ids != 0).any(1).sum().item<int64_t>();
    smallest = std::min(smallest, side);
    largest = std::max(largest, side);
    flipped += out.ids[0][0].item<int64_t>() == 3;
  }
  EXPECT_GE(smallest, 40);
  EXPECT_LT(smallest, 60);
  EXPECT_LE(largest, 160);
  EXPECT_GT(largest, 140);
  EXPECT_GT(flipped, 15);
  EXPECT_LT(flipped, 45);
}

TEST(Augment, ALargeSquareIsCroppedOnItsDiagonal) {
  AugmentOptions options;
  options.crop_size = 32;
  options.min_scale = options.max_scale = 2;
  options.flip = false;
  data::Sample sample = quarters(32, 32);
  // Rows and columns number themselves.
  sample.ids = at::arange(32, at::kInt).unsqueeze(1) * 100 + at::arange(32, at::kInt);
  Random random(3, 0);
  const int64_t corner = augment(sample, options, random).ids[0][0].item<int64_t>();
  EXPECT_EQ(corner / 100, corner % 100);
}

TEST(Batch, TargetsLeaveOutCrowdsAndOnWishWhatIsEmpty) {
  data::Sample sample = quarters(8, 8);
  sample.segments.push_back({9, 5, false});  // no pixel
  const Targets kept = targets_of(sample, false), dropped = targets_of(sample, true);
  EXPECT_TRUE(kept.labels.equal(at::tensor({0, 1, 2, 5}, at::kLong)));
  EXPECT_TRUE(dropped.labels.equal(at::tensor({0, 1, 2}, at::kLong)));
  EXPECT_TRUE(dropped.masks[1].equal(sample.ids == 2));
  EXPECT_EQ(kept.masks[3].sum().item<int64_t>(), 0);
  sample.segments.clear();
  EXPECT_EQ(targets_of(sample, true).masks.sizes(), (at::IntArrayRef{0, 8, 8}));
}

TEST(Batch, PixelsAreNormalised) {
  const model::PixelConfig pixels;
  const at::Tensor input =
      segmenter::network_input(at::full({1, 32, 32, 3}, 100, at::kByte), pixels, at::kCPU);
  EXPECT_EQ(input.scalar_type(), at::kFloat);
  for (int c = 0; c < 3; ++c) {
    EXPECT_NEAR(input[0][5][6][c].item<double>(), (100 - pixels.mean[c]) / pixels.std[c], 1e-5);
  }
}

}  // namespace
}  // namespace fcclip::train
