#pragma once
// Tests that compare a CUDA device with the processor; where there is none they say so.

#include <gtest/gtest.h>

#include "fcclip/core/device.h"

#define FCCLIP_NEEDS_CUDA()                                                        \
  if (!fcclip::has_gpu()) {                                                        \
    GTEST_SKIP() << "no CUDA device, or a LibTorch without CUDA, on this machine"; \
  }
