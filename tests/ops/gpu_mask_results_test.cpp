// The GPU's kernels of the results where there is none (ctest's ops.fake_cuda, as gpu_kernels_test.cpp):
// equal to the processor's, pixel by pixel.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/ops/cuda/mask_results_launch.h"
#include "fcclip/ops/dispatch.h"
#include "tests/ops/fake_driver.h"
#include "tests/support/errors.h"

namespace fcclip::ops {
namespace gpu_mask_results_test {

struct Sizes {
  Size padded, resized, original;
  int64_t queries = 7, classes = 9;
};

// Shrinking, growing, odd borders, one pixel, one column, more classes than a block sums at once, and
// more queries than it holds.
const Sizes kSizes[] = {
    {{64, 96}, {60, 90}, {30, 45}},        {{64, 64}, {64, 50}, {150, 117}},
    {{32, 32}, {32, 32}, {1, 1}},          {{32, 64}, {32, 64}, {97, 1}},
    {{32, 64}, {30, 64}, {12, 34}, 5, 70}, {{32, 32}, {32, 32}, {9, 8}, 300, 20}};

MaskSource source_of(const Sizes& sizes, double scale) {
  at::manual_seed(12);
  return {at::randn({sizes.queries, sizes.padded.height / 4, sizes.padded.width / 4}) * scale,
          sizes.padded, sizes.resized, sizes.original};
}

// [queries]: of five masks one does not compete.
at::Tensor some_scores(int64_t queries) {
  const at::Tensor pattern = at::tensor({0.7f, 0.9f, 0.5f, 0.0f, 0.3f});
  return pattern.repeat({(queries + 4) / 5}).narrow(0, 0, queries).contiguous();
}

// With fused multiply-adds the processor does what a GPU does; without, a few pixels near a threshold
// fall elsewhere.
bool is_exact() {
  return chosen_isa() != Isa::portable;
}

void expect_same(const at::Tensor& got, const at::Tensor& want) {
  ASSERT_EQ(got.sizes(), want.sizes());
  ASSERT_EQ(got.scalar_type(), want.scalar_type());
  const double same = got.eq(want).to(at::kDouble).mean().item<double>();
  if (is_exact()) {
    EXPECT_EQ(same, 1);
  } else {
    EXPECT_GT(same, 0.999);
  }
}

class GpuKernelsOfMasks : public ::testing::TestWithParam<Sizes> {};

// Confident masks, as trained models have them, and noise.
TEST_P(GpuKernelsOfMasks, WinnersAreTheProcessors) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  for (const double scale : {4.0, 60.0}) {
    const MaskSource masks = source_of(GetParam(), scale);
    const at::Tensor scores = some_scores(GetParam().queries);
    const MaskWinners got = cuda::launch_mask_winners(masks, scores, {});
    const MaskWinners want = mask_winners(masks, scores);
    expect_same(got.codes, want.codes);
    ASSERT_EQ(got.pixels_inside.sizes(), want.pixels_inside.sizes());
    const at::Tensor counted = at::bincount(got.codes.flatten(), {}, 2 * GetParam().queries);
    EXPECT_TRUE(got.pixels_of_code.equal(counted));
    if (is_exact()) {
      EXPECT_TRUE(got.pixels_inside.equal(want.pixels_inside));
    }
  }
}

TEST_P(GpuKernelsOfMasks, ClassesAreTheProcessors) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const MaskSource masks = source_of(GetParam(), 4);
  const at::Tensor weights =
      at::softmax(at::randn({GetParam().queries, GetParam().classes}) * 3, -1);
  expect_same(cuda::launch_best_classes(masks, weights, {}), best_classes(masks, weights));
}

TEST_P(GpuKernelsOfMasks, RunsAreTheProcessors) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  for (const double offset : {0.0, 9.0, -90.0}) {  // noise, nearly full, empty
    MaskSource masks = source_of(GetParam(), 4);
    masks.mask_logits += offset;
    const std::vector<int64_t> queries = {3, 0, 3};
    const std::vector<MaskRuns> got = cuda::launch_mask_runs(masks, queries, {});
    const std::vector<MaskRuns> want = mask_runs(masks, queries);
    ASSERT_EQ(got.size(), want.size());
    for (size_t i = 0; i < got.size(); ++i) {
      if (is_exact()) {
        EXPECT_EQ(got[i].counts, want[i].counts);
      }
      EXPECT_NEAR(got[i].sigmoid_sum, want[i].sigmoid_sum,
                  1e-5 * std::max(1.0, want[i].sigmoid_sum));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, GpuKernelsOfMasks, ::testing::ValuesIn(kSizes));

TEST(GpuKernelsOfMasksTies, TheFirstOfEqualMasksAndClassesWins) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  MaskSource masks = source_of(kSizes[0], 4);
  masks.mask_logits[2].copy_(masks.mask_logits[1]);
  const at::Tensor scores = at::tensor({0.0f, 0.5f, 0.5f, 0.0f, 0.0f, 0.0f, 0.0f});
  EXPECT_EQ(cuda::launch_mask_winners(masks, scores, {}).codes.max().item<int>(), 3);
  EXPECT_EQ(cuda::launch_best_classes(masks, at::ones({7, 70}), {}).max().item<int>(), 0);
}

TEST(GpuKernelsOfMasksTies, NoQueriesAreNoRuns) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  EXPECT_TRUE(cuda::launch_mask_runs(source_of(kSizes[0], 4), {}, {}).empty());
}

TEST(GpuKernelsOfMasksTies, HalfLogitsAreReadAsTheyAre) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  MaskSource masks = source_of(kSizes[0], 4);
  masks.mask_logits = masks.mask_logits.to(at::kBFloat16);
  const at::Tensor scores = some_scores(7);
  expect_same(cuda::launch_mask_winners(masks, scores, {}).codes,
              mask_winners(masks, scores).codes);
}

TEST(GpuKernelsOfMasksTies, WhoIsToldToStopStops) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  MaskSource masks = source_of(kSizes[0], 4);
  masks.progress = [](int64_t, int64_t) { return false; };
  EXPECT_ERROR(interrupted, "stopped after 1 of 1 parts",
               cuda::launch_mask_winners(masks, some_scores(7), {}));
  EXPECT_ERROR(interrupted, "stopped after 1 of 1 parts", cuda::launch_mask_runs(masks, {0}, {}));
}

TEST(GpuMaskResults, PicturesBeyondThirtyTwoBitsAreTheProcessors) {
  MaskSource masks = source_of(kSizes[0], 4);
  EXPECT_TRUE(cuda::fits_mask_kernels(masks));
  masks.original = {46341, 46341};
  EXPECT_FALSE(cuda::fits_mask_kernels(masks));
}

}  // namespace gpu_mask_results_test
}  // namespace fcclip::ops
