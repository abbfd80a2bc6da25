#include "fcclip/ops/cpu/kernel_table.h"

#include "fcclip/ops/cpu/per_isa.h"

namespace fcclip::ops {

FCCLIP_DECLARE_PER_ISA(fill_table, KernelTable)

const KernelTable& kernels(Isa isa) {
  return table_of<KernelTable>(isa, FCCLIP_FILLERS(fill_table));
}

}  // namespace fcclip::ops
