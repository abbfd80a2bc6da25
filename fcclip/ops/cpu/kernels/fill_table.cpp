// Compiled once per instruction set: collects the kernels of namespace FCCLIP_ISA.

#include "fcclip/ops/cpu/kernel_table.h"

namespace fcclip::ops::FCCLIP_ISA {

void fill_prefix_attention(KernelTable& table);

void fill_table(KernelTable& table) {
  fill_prefix_attention(table);
}

}  // namespace fcclip::ops::FCCLIP_ISA
