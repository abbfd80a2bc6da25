#include "fcclip/ops/own_memory.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace fcclip::ops {
namespace {

TEST(OwnMemory, HoldsEqualTensorsApartFromTheirOrigin) {
  const at::Tensor floats = at::randn({3, 5, 7}), flags = at::rand({11}) > 0.5;
  const at::Tensor turned = floats.permute({2, 0, 1});
  std::vector<at::Tensor> moved = in_own_memory({floats, flags, turned, {}, at::empty({0})});
  ASSERT_EQ(moved.size(), 5u);
  EXPECT_TRUE(moved[0].equal(floats));
  EXPECT_TRUE(moved[1].equal(flags));
  EXPECT_TRUE(moved[2].equal(turned));
  EXPECT_FALSE(moved[3].defined());
  EXPECT_EQ(moved[4].numel(), 0);
  EXPECT_NE(moved[0].const_data_ptr(), floats.const_data_ptr());
}

TEST(OwnMemory, LastsAsLongAsAnyOfItsTensors) {
  at::Tensor last;
  {
    const std::vector<at::Tensor> moved = in_own_memory({at::ones({1000}), at::ones({1000}) * 2});
    last = moved[1];
  }
  EXPECT_EQ(last.sum().item<float>(), 2000);
}

}  // namespace
}  // namespace fcclip::ops
