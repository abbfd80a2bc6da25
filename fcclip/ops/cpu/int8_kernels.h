#pragma once
// The matrix product in 8 bits, on processors that have it.

#include "fcclip/ops/cpu/gemm_args.h"

namespace fcclip::ops {

/// Behind the columns of a block: of a row its factor (float) and its zero (int32); of a panel a factor for each of its rows of W
/// and the sum of that row's whole numbers (int32).
inline constexpr int64_t kInt8Tail = 8;

/// As KernelTable's pack_shape and gemm; `depth` is a multiple of four. The packed weights are whole numbers of -127 … 127 and a
/// factor for each row of W in each block of columns; in a panel, for every four columns the panel's rows one after another,
/// each with four columns; then kInt8Tail.
struct Int8Kernels {
  PackShape (*pack_shape)(int64_t n, int64_t k) = nullptr;
  void (*gemm)(const GemmJob& job) = nullptr;
};

namespace avx512vnni {
Int8Kernels int8_kernels();
}
namespace avxvnni {
Int8Kernels int8_kernels();
}

}  // namespace fcclip::ops
