#pragma once
// Tests that compare a CUDA device with the processor; where there is none they say so.

#include <ATen/Context.h>
#include <gtest/gtest.h>

#define FCCLIP_NEEDS_CUDA()                                                        \
  if (!at::hasCUDA()) {                                                            \
    GTEST_SKIP() << "no CUDA device, or a LibTorch without CUDA, on this machine"; \
  }
