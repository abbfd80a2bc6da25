#include "fcclip/segmenter/given_masks.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace fcclip::segmenter {
namespace {

TEST(GivenMasks, ACellIsTheMeanOfItsPixelsAtTheSameSize) {
  at::manual_seed(2);
  const at::Tensor masks = at::rand({3, 32, 64}).gt(0.5);
  const at::Tensor cells = masks.to(at::kDouble).view({3, 8, 4, 16, 4}).mean({2, 4}) * 20 - 10;
  EXPECT_LT((masks_on_grid(masks, {32, 64}, {32, 64}) - cells).abs().max().item<double>(), 1e-5);
}

// A stripe one pixel wide keeps its share of the shrunk picture: without antialiasing every fourth
// column alone would count.
TEST(GivenMasks, ShrinkingIsAntialiased) {
  at::Tensor masks = at::zeros({1, 128, 128}, at::kBool);
  masks.slice(2, 0, 128, 4).fill_(true);
  const at::Tensor logits = masks_on_grid(masks, {32, 32}, {32, 32});
  const at::Tensor share = (logits + 10) / 20;
  EXPECT_LT((share.narrow(1, 1, 6).narrow(2, 1, 6) - 0.25).abs().max().item<double>(), 0.01);
}

// More than are made into floats at once.
TEST(GivenMasks, ManyLargeOnesAreThoseOfEach) {
  const int64_t side = 4096;
  at::Tensor masks = at::zeros({5, side, side}, at::kBool);
  for (int64_t i = 0; i < 5; ++i) masks[i].narrow(0, i * 700, 600).fill_(true);
  const at::Tensor all = masks_on_grid(masks, {64, 64}, {64, 64});
  ASSERT_EQ(all.sizes(), (at::IntArrayRef{5, 16, 16}));
  for (int64_t i = 0; i < 5; ++i) {
    EXPECT_TRUE(all[i].equal(masks_on_grid(masks.narrow(0, i, 1), {64, 64}, {64, 64})[0])) << i;
  }
}

TEST(GivenMasks, ThePaddingIsOutside) {
  const at::Tensor logits = masks_on_grid(at::ones({1, 32, 32}, at::kBool), {32, 32}, {64, 96});
  ASSERT_EQ(logits.sizes(), (at::IntArrayRef{1, 16, 24}));
  EXPECT_TRUE(logits.narrow(1, 0, 8).narrow(2, 0, 8).eq(10).all().item<bool>());
  EXPECT_TRUE(logits.narrow(1, 8, 8).eq(-10).all().item<bool>());
  EXPECT_TRUE(logits.narrow(2, 8, 16).eq(-10).all().item<bool>());
}

}  // namespace
}  // namespace fcclip::segmenter
