#pragma once
// Tests of an operation run it with everything that this machine has for the processor: each instruction
// set, and LibTorch's own operations ("aten"), which other devices fall back on.

#include <string>

#include <gtest/gtest.h>

#include "fcclip/ops/dispatch.h"

namespace fcclip::ops {

inline std::vector<const Implementation*> host_implementations() {
  return implementations_of(c10::DeviceType::CPU);
}

/// Runs test() with each of them.
template <typename Test>
void with_every_implementation(const Test& test) {
  for (const Implementation* one : host_implementations()) {
    SCOPED_TRACE(std::string(one->name));
    const Forced forced(*one);
    test();
  }
}

}  // namespace fcclip::ops
