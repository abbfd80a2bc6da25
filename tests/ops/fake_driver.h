// Tests of CUDA's kernels where there is no GPU: ctest's ops.fake_cuda runs them with NVRTC and a stand-in for the driver.
#pragma once

#include <cstdlib>

#include <gtest/gtest.h>

#include "fcclip/ops/cuda/nvrtc.h"

#define FCCLIP_NEEDS_FAKE_DRIVER()                                                                 \
  if (std::getenv("FCCLIP_FAKE_CUDA") == nullptr) GTEST_SKIP() << "ctest's ops.fake_cuda runs it"; \
  if (!fcclip::ops::cuda::Nvrtc::found().lack().empty())                                           \
  GTEST_SKIP() << fcclip::ops::cuda::Nvrtc::found().lack()
