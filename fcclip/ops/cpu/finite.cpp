#include <atomic>
#include <cmath>
#include <cstring>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/ops/cpu/ops.h"

namespace fcclip::ops::cpu {
namespace {

// An exponent of all ones is infinity or NaN. Integers, in blocks of a fixed size: the compiler
// vectorises this, and one pass over a mapped file runs at the speed of its pages.
bool block_is_finite(const float* data, int64_t count) {
  constexpr uint32_t kExponent = 0x7F800000;
  constexpr int64_t kBlock = 512;
  uint32_t found = 0;
  int64_t i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    uint32_t bits[kBlock];
    std::memcpy(bits, data + i, sizeof bits);
    for (int64_t j = 0; j < kBlock; ++j) found |= (bits[j] & kExponent) == kExponent ? 1U : 0U;
  }
  for (; i < count; ++i) found |= std::isfinite(data[i]) ? 0U : 1U;
  return found == 0;
}

}  // namespace

bool all_finite(const at::Tensor& x) {
  constexpr int64_t kGrain = int64_t{1} << 18;
  const float* data = x.const_data_ptr<float>();
  std::atomic<bool> finite = true;
  at::parallel_for(0, x.numel(), kGrain, [&](int64_t begin, int64_t end) {
    if (!block_is_finite(data + begin, end - begin)) finite = false;
  });
  return finite;
}

}  // namespace fcclip::ops::cpu
