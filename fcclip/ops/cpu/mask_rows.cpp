#include "fcclip/ops/cpu/mask_rows.h"

#include "fcclip/ops/cpu/per_isa.h"

namespace fcclip::ops {

FCCLIP_DECLARE_PER_ISA(fill_mask_rows, MaskRowKernels)

const MaskRowKernels& mask_row_kernels(Isa isa) {
  return table_of<MaskRowKernels>(isa, FCCLIP_FILLERS(fill_mask_rows));
}

}  // namespace fcclip::ops
