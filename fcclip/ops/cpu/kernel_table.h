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

struct KernelTable {
  Isa isa = Isa::portable;
};

/// Decided by chosen_isa(); tests pass each of available_isas().
const KernelTable& kernels(Isa isa = chosen_isa());

}  // namespace fcclip::ops
