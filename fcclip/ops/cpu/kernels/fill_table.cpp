// Compiled once per instruction set: collects the kernels of namespace FCCLIP_ISA.

#include "fcclip/ops/cpu/kernel_table.h"

namespace fcclip::ops::FCCLIP_ISA {

void fill_table(KernelTable& table) {}

}  // namespace fcclip::ops::FCCLIP_ISA
