#include "fcclip/ops/upsampled_masks.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/ops/every_implementation.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::ops {
namespace upsampled_masks_test {

using test::near;

struct Sizes {
  Size padded, resized, original;
};

// Shrinking, growing, odd borders, one pixel, and more than one tile.
const Sizes kSizes[] = {{{64, 96}, {60, 90}, {30, 45}},
                        {{64, 64}, {64, 50}, {150, 117}},
                        {{32, 32}, {32, 32}, {1, 1}},
                        {{64, 96}, {64, 91}, {300, 427}}};

MaskSource source_of(const Sizes& sizes) {
  at::manual_seed(11);
  constexpr int64_t kQueries = 7;
  return {at::randn({kQueries, sizes.padded.height / 4, sizes.padded.width / 4}) * 4, sizes.padded,
          sizes.resized, sizes.original};
}

at::Tensor resized(const at::Tensor& maps, Size size) {
  return at::upsample_bilinear2d(maps.unsqueeze(0), {size.height, size.width}, false)[0];
}

// The two resizes one after another, in double precision: [Q, h, w].
at::Tensor naive_logits(const MaskSource& masks) {
  const at::Tensor padded = resized(masks.mask_logits.to(at::kDouble), masks.padded);
  return resized(padded.narrow(1, 0, masks.resized.height).narrow(2, 0, masks.resized.width),
                 masks.original);
}

// Pixels where rounding alone may decide are few and left out: those whose two best values, or a
// value and its threshold, are closer than this.
constexpr double kClose = 1e-5;

class UpsampledMasks : public ::testing::TestWithParam<Sizes> {};

TEST_P(UpsampledMasks, ARegionEqualsTheTwoResizes) {
  const MaskSource masks = source_of(GetParam());
  const at::Tensor want = naive_logits(masks);
  const Size size = masks.original;
  const Region region = {size.height / 3, size.height - size.height / 3, size.width / 4,
                         size.width - size.width / 4};
  const at::Tensor part = want.index_select(0, at::tensor({5, 0, 5}))
                              .narrow(1, region.y, region.height)
                              .narrow(2, region.x, region.width);
  with_every_implementation([&] {
    const MaskReader read = read_masks(masks);
    EXPECT_TRUE(near(read({5, 0, 5}, region, MaskValue::logit), part, 1e-5));
    EXPECT_TRUE(near(read({5, 0, 5}, region, MaskValue::sigmoid), part.sigmoid(), 1e-5));
  });
}

TEST_P(UpsampledMasks, TheLargestScoreWinsAPixel) {
  const MaskSource masks = source_of(GetParam());
  // Masks 0, 3 and 5 do not compete.
  const at::Tensor scores = at::tensor({0.0f, 0.3f, 0.9f, -1.0f, 0.5f, 0.0f, 0.7f});
  const at::Tensor inside = naive_logits(masks).sigmoid();
  const at::Tensor values = inside * scores.view({-1, 1, 1});
  const auto [best, order] = values.topk(2, 0);
  const at::Tensor sure =
      (best[0] - best[1]).gt(kClose).logical_and((inside - 0.5).abs().amin(0).gt(kClose));
  const at::Tensor want = 2 * order[0] + inside.gather(0, order.narrow(0, 0, 1))[0].ge(0.5);
  with_every_implementation([&] {
    const MaskWinners got = mask_winners(masks, scores);
    EXPECT_EQ(got.codes.scalar_type(), at::kInt);
    EXPECT_TRUE(got.codes.eq(want).logical_or(sure.logical_not()).all().item<bool>());
    const int64_t unsure = sure.logical_not().sum().item<int64_t>();
    for (int64_t code = 0; code < 14; ++code) {
      EXPECT_EQ(got.pixels_of_code[code].item<int64_t>(), got.codes.eq(code).sum().item<int64_t>());
    }
    for (int64_t q = 0; q < 7; ++q) {
      const bool competes = scores[q].item<float>() > 0;
      const int64_t want_inside = competes ? inside[q].ge(0.5).sum().item<int64_t>() : 0;
      EXPECT_NEAR(got.pixels_inside[q].item<int64_t>(), want_inside, competes ? unsure : 0);
    }
  });
}

TEST_P(UpsampledMasks, TheLargestClassSumIsThePixelsClass) {
  const MaskSource masks = source_of(GetParam());
  const at::Tensor weights = at::softmax(at::randn({7, 9}) * 3, -1);
  const at::Tensor sums =
      at::mm(weights.t().to(at::kDouble), naive_logits(masks).sigmoid().flatten(1))
          .view({9, masks.original.height, masks.original.width});
  const auto two = sums.topk(2, 0);
  const at::Tensor best = std::get<0>(two), order = std::get<1>(two);  // a lambda sees them below
  with_every_implementation([&] {
    const at::Tensor got = best_classes(masks, weights);
    EXPECT_EQ(got.scalar_type(), at::kInt);
    const at::Tensor unsure = (best[0] - best[1]).lt(kClose);
    EXPECT_TRUE(got.eq(order[0]).logical_or(unsure).all().item<bool>());
  });
}

TEST_P(UpsampledMasks, RunsAreThoseOfTheMaskColumnByColumn) {
  const MaskSource masks = source_of(GetParam());
  const at::Tensor logits = naive_logits(masks);
  with_every_implementation([&] {
    const std::vector<MaskRuns> got = mask_runs(masks, {3, 0});
    ASSERT_EQ(got.size(), 2u);
    for (size_t i = 0; i < 2; ++i) {
      const at::Tensor mask = logits[i == 0 ? 3 : 0];
      at::Tensor decoded = at::zeros({mask.numel()}, at::kBool);
      int64_t at_pixel = 0;
      for (size_t run = 0; run < got[i].counts.size(); ++run) {
        if (run % 2 == 1) decoded.narrow(0, at_pixel, got[i].counts[run]).fill_(true);
        at_pixel += got[i].counts[run];
      }
      ASSERT_EQ(at_pixel, mask.numel());
      const at::Tensor columns = mask.t().flatten();
      EXPECT_TRUE(
          decoded.eq(columns.gt(0)).logical_or(columns.abs().lt(kClose)).all().item<bool>());
      const double sum = (columns.sigmoid() * columns.gt(0)).sum().item<double>();
      EXPECT_NEAR(got[i].sigmoid_sum, sum, 1e-5 * std::max(1.0, sum));
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Sizes, UpsampledMasks, ::testing::ValuesIn(kSizes));

TEST(UpsampledMasksTies, TheFirstOfEqualMasksAndClassesWins) {
  MaskSource masks = source_of(kSizes[0]);
  masks.mask_logits[2].copy_(masks.mask_logits[1]);
  with_every_implementation([&] {
    const at::Tensor scores = at::zeros({7});
    scores.narrow(0, 1, 2).fill_(0.5);
    EXPECT_EQ(mask_winners(masks, scores).codes.max().item<int>(), 3);
    EXPECT_EQ(best_classes(masks, at::ones({7, 3})).max().item<int>(), 0);
  });
}

TEST(UpsampledMasksTies, WhereNobodyCompetesNobodyWins) {
  const MaskSource masks = source_of(kSizes[0]);
  with_every_implementation([&] {
    const MaskWinners got = mask_winners(masks, at::zeros({7}));
    EXPECT_EQ(got.codes.abs().max().item<int>(), 0);
    EXPECT_EQ(got.pixels_of_code[0].item<int64_t>(), got.codes.numel());
    EXPECT_EQ(got.pixels_inside.sum().item<int64_t>(), 0);
  });
  MaskSource none = masks;
  none.mask_logits = masks.mask_logits.narrow(0, 0, 0);
  const MaskWinners nobody = mask_winners(none, at::zeros({0}));
  EXPECT_EQ(nobody.codes.abs().max().item<int>(), 0);
  EXPECT_EQ(nobody.pixels_of_code.numel(), 0);
}

using test::code_of;

TEST(UpsampledMasksErrors, HaveTheirCodes) {
  const MaskSource good = source_of(kSizes[0]);
  MaskSource bad = good;
  bad.mask_logits = good.mask_logits[0];
  EXPECT_EQ(code_of([&] { read_masks(bad); }), ErrorCode::shape_mismatch);
  bad = good;
  bad.resized = {65, 90};
  EXPECT_EQ(code_of([&] { mask_runs(bad, {0}); }), ErrorCode::invalid_argument);
  bad = good;
  bad.original = {0, 4};
  EXPECT_EQ(code_of([&] { best_classes(bad, at::ones({7, 2})); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] { best_classes(good, at::ones({6, 2})); }), ErrorCode::shape_mismatch);
  EXPECT_EQ(code_of([&] { best_classes(good, at::ones({7, 0})); }), ErrorCode::shape_mismatch);
  EXPECT_EQ(code_of([&] { mask_runs(good, {7}); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] { mask_winners(good, at::ones({6})); }), ErrorCode::shape_mismatch);
  EXPECT_EQ(code_of([&] { mask_winners(good, at::ones({7}, at::kDouble)); }),
            ErrorCode::shape_mismatch);
  EXPECT_EQ(code_of([&] {
              read_masks(good)({-1}, {0, 1, 0, 1}, MaskValue::logit);
            }),
            ErrorCode::invalid_argument);
}

}  // namespace upsampled_masks_test
}  // namespace fcclip::ops
