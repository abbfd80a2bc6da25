// The GPU's kernels of rows of masks where there is none (ctest's ops.fake_cuda, as
// gpu_kernels_test.cpp): equal to LibTorch's operations.

#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/ops/cuda/mask_rows_launch.h"
#include "fcclip/ops/mask_pool.h"
#include "fcclip/ops/masked_attention.h"
#include "tests/ops/fake_driver.h"

namespace fcclip::ops {
namespace gpu_mask_rows_test {

// Rows of one place, of less than a block, of several rounds that end anywhere; some are empty, full,
// or have zeros and what is not a number.
at::Tensor logits_of(int64_t places) {
  at::manual_seed(31);
  at::Tensor logits = at::randn({2, 6, places});
  logits[0][1].fill_(-3);
  logits[1][4].fill_(2);
  logits[1][5].fill_(0);
  logits[0][2][places / 2] = 0;
  logits[0][3][places - 1] = std::numeric_limits<float>::quiet_NaN();
  return logits;
}

class GpuKernelsOfRows : public ::testing::TestWithParam<int64_t> {};

TEST_P(GpuKernelsOfRows, SharesAverageWhatIsInside) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const at::Tensor logits = logits_of(GetParam());
  const at::Tensor inside = logits.gt(0).to(at::kFloat);
  const at::Tensor want = inside / (inside.sum(-1, true) + kMaskCountEpsilon);
  EXPECT_TRUE(cuda::launch_mask_shares(logits, {}).equal(want));
}

TEST_P(GpuKernelsOfRows, WhatIsOutsideIsBlocked) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const at::Tensor logits = logits_of(GetParam());
  const at::Tensor got = cuda::launch_mask_blocked(logits, {});
  EXPECT_EQ(got.scalar_type(), at::kBool);
  EXPECT_TRUE(got.equal(blocked_by_masks(logits)));
}

INSTANTIATE_TEST_SUITE_P(Places, GpuKernelsOfRows, ::testing::Values(1, 31, 256, 300, 1111));

TEST(GpuKernelsOfRowsEdges, NoRowsAreNoLaunch) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  EXPECT_EQ(cuda::launch_mask_shares(at::empty({2, 0, 5}), {}).sizes(), at::IntArrayRef({2, 0, 5}));
  EXPECT_EQ(cuda::launch_mask_blocked(at::empty({2, 3, 0}), {}).numel(), 0);
}

TEST(GpuKernelsOfRowsEdges, HalfLogitsOfAViewAreRead) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const at::Tensor logits = logits_of(40).to(at::kHalf).transpose(0, 1);
  EXPECT_TRUE(cuda::launch_mask_blocked(logits, {}).equal(blocked_by_masks(logits)));
}

}  // namespace gpu_mask_rows_test
}  // namespace fcclip::ops
