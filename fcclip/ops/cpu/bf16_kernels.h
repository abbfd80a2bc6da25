#pragma once
// The matrix product in bfloat16, on processors that have it: by vectors (AVX512-BF16) or by tiles (AMX).

#include "fcclip/ops/cpu/gemm_args.h"

namespace fcclip::ops {

/// As KernelTable's pack_shape and gemm; the packed weights are pairs: in a panel, for every two columns the panel's rows one
/// after another, each with both columns; zeros behind a block's columns up to a multiple of shape.step.
struct Bf16Kernels {
  PackShape (*pack_shape)(int64_t n, int64_t k) = nullptr;
  void (*gemm)(const GemmJob& job) = nullptr;
};

namespace avx512bf16 {
Bf16Kernels bf16_kernels();
}
namespace amx {
Bf16Kernels bf16_kernels();
}

}  // namespace fcclip::ops
