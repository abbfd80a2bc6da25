#pragma once
// The two gradients of a depthwise 7×7 convolution, compiled for each instruction set.

#include <cstdint>

namespace fcclip::ops {

inline constexpr int64_t kDepthwiseKernel = 7;

/// Maps [batch, height, width, channels]; weights [7 · 7, channels], channels last.
struct DepthwiseGradient {
  const float *x = nullptr, *weight = nullptr, *grad_out = nullptr;
  float *grad_x = nullptr, *grad_weight = nullptr;
  int64_t batch = 0, height = 0, width = 0, channels = 0;
};

struct DepthwiseGradientKernels {
  /// grad_x of rows begin … end − 1 of batch · height.
  void (*to_input)(const DepthwiseGradient& job, int64_t begin, int64_t end);
  /// grad_weight of one line of the kernel, 0 … 6.
  void (*to_weight)(const DepthwiseGradient& job, int64_t line);
};

}  // namespace fcclip::ops
