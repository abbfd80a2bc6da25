#pragma once
// The CPU kernels of one instruction set. Kernels are plain functions on pointers and row ranges:
// they check nothing, allocate nothing and start no threads; ops/<op>.cpp checks, dispatches and
// splits the rows.
//
// To add a kernel: a function pointer here, kernels/<op>.cpp with `void fill_<op>(KernelTable&)`,
// and a line in kernels/fill_table.cpp.

#include <cstdint>

#include "fcclip/ops/isa.h"

namespace fcclip::ops {

/// ops/prefix_attention.h on plain pointers; strides in floats.
struct PrefixAttention {
  const float *q = nullptr, *k = nullptr, *v = nullptr;
  const int32_t* paths = nullptr;  ///< [rows, longest]
  float* out = nullptr;            ///< [rows, heads * head_width]
  int64_t q_stride = 0, k_stride = 0, v_stride = 0;
  int64_t heads = 0, head_width = 0, longest = 0;
  float scale = 1;
};

struct KernelTable {
  Isa isa = Isa::portable;
  /// Rows [begin, end); scores: scratch for `longest` floats.
  void (*prefix_attention)(const PrefixAttention& job, float* scores, int64_t begin,
                           int64_t end) = nullptr;
};

/// Decided by chosen_isa(); tests pass each of available_isas().
const KernelTable& kernels(Isa isa = chosen_isa());

}  // namespace fcclip::ops
