#pragma once
// What the matrix product and the row kernels of the image tower work on; pointers only, shared by
// both sides.

#include <cstdint>

#include "fcclip/ops/activation.h"

namespace fcclip::ops {

/// Weights W [n, k] in the order in which the kernel reads them: blocks of `depth` columns; in a
/// block, panels of `panel` rows of W; in a panel, for each column the panel's rows one after
/// another (zeros after n).
struct PackShape {
  int64_t n = 0, k = 0;
  int64_t panel = 0;  ///< rows of W a micro-kernel computes at once
  int64_t depth = 0;  ///< columns in a block: a panel of a block stays in the first-level cache
  /// Rows of a that a micro-kernel computes at once: blocks of its multiples waste nothing.
  int64_t rows = 1;
  /// Columns a micro-kernel multiplies in a step: bfloat16's blocks end in zeros up to a multiple of it.
  int64_t step = 1;
  int64_t padded_n() const { return (n + panel - 1) / panel * panel; }
  /// Columns with the zeros behind them.
  int64_t whole_steps(int64_t columns) const { return (columns + step - 1) / step * step; }
  int64_t floats() const { return padded_n() * k; }
  /// Rows of a with those that fill the last micro-kernel.
  int64_t whole_rows(int64_t some) const { return (some + rows - 1) / rows * rows; }
};

/// c[r, :] = act(W a[r, :] + bias) + residual[r, :], for r in [0, rows).
struct GemmJob {
  PackShape shape;
  const float* packed = nullptr;
  const uint16_t* packed_bf16 = nullptr;     ///< instead of packed, for bf16_kernels.h
  uint16_t* rounded_rows = nullptr;          ///< scratch for it, [shape.whole_rows(rows), depth]
  const uint8_t* packed_int8 = nullptr;      ///< instead of packed, for int8_kernels.h
  uint8_t* narrow_rows = nullptr;            ///< scratch for it, [rows, depth + kInt8Tail]
  const float* bias = nullptr;               ///< [n] or nullptr
  Activation activation = Activation::none;  ///< of the product and its bias
  const float* a = nullptr;
  int64_t lda = 0;
  const float* residual = nullptr;  ///< nullptr: nothing is added. Must not overlap c
  int64_t ld_residual = 0;
  float* c = nullptr;  ///< also holds the partial sums between blocks of columns
  int64_t ldc = 0;
  int64_t rows = 0;
};

/// y[r, :] = LayerNorm(x[r, :]) · weight + bias; x == y is allowed.
struct NormRows {
  int64_t channels = 0;
  const float* weight = nullptr;
  const float* bias = nullptr;
  float eps = 0;
};

/// Depthwise 7×7 convolution (zeros outside) of one image, for the pixels first … last − 1 in
/// row-major order.
struct DepthwiseJob {
  const float* x = nullptr;  ///< [height, width, channels]
  int64_t height = 0, width = 0, channels = 0;
  const float* kernel = nullptr;  ///< [49, channels]
  const float* bias = nullptr;    ///< [channels]
  const float* zeros = nullptr;   ///< [channels] zeros: what is outside
  int64_t first = 0, last = 0;
  float* y = nullptr;  ///< row 0 is pixel `first`
  int64_t ldy = 0;
};

}  // namespace fcclip::ops
