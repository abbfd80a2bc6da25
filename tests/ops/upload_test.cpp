#include "fcclip/ops/upload.h"

#include <thread>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/ops/host.h"
#include "tests/support/cuda.h"

namespace fcclip::ops {
namespace upload_test {

TEST(Upload, OnTheHostItIsTheTensorItself) {
  const at::Tensor x = at::arange(6).view({2, 3}).t();
  EXPECT_TRUE(Upload(x).arrived().is_same(x));
  EXPECT_TRUE(Upload(x, at::kCPU).arrived().is_same(x));
  EXPECT_FALSE(Upload().arrived().defined());
}

TEST(Upload, HostTensorsAreHandedOnAsTheyAre) {
  const at::Tensor x = at::arange(6), turned = x.view({2, 3}).t();
  EXPECT_TRUE(on_device(x, at::kCPU).is_same(x));
  EXPECT_TRUE(on_host(x).is_same(x));
  EXPECT_TRUE(to_keep(x).is_same(x));
  const std::vector<at::Tensor> here = together_on_host({x, turned});
  ASSERT_EQ(here.size(), 2u);
  EXPECT_TRUE(here[0].is_same(x));
  EXPECT_TRUE(here[1].is_contiguous() && here[1].equal(turned));
  EXPECT_TRUE(together_on_host({}).empty());
}

// Sent by another thread, overwritten there at once.
TEST(CudaUpload, WhatIsSentArrives) {
  FCCLIP_NEEDS_CUDA();
  const at::Tensor want = at::randint(0, 256, {900, 1200, 3}, at::kByte);
  Upload sent;
  std::thread([&] {
    const at::Tensor x = want.clone();
    sent = Upload(x, at::kCUDA);
    x.zero_();
  }).join();
  EXPECT_TRUE(sent.arrived().is_cuda());
  EXPECT_TRUE(on_host(sent.arrived()).equal(want));
}

TEST(CudaUpload, BothWaysKeepEveryByte) {
  FCCLIP_NEEDS_CUDA();
  at::Tensor x = at::randn({300, 500}).t();
  const at::Tensor want = x.clone(), there = on_device(x, at::kCUDA);
  x.zero_();
  const std::vector<at::Tensor> here = together_on_host({there, there.t(), want});
  EXPECT_TRUE(here[0].equal(want) && here[1].equal(want.t()) && here[2].equal(want));
  EXPECT_TRUE(here[0].is_pinned());
  EXPECT_FALSE(to_keep(here[0]).is_pinned());
  EXPECT_FALSE(on_host(there).is_pinned());
}

}  // namespace upload_test
}  // namespace fcclip::ops
