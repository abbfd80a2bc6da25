#include "fcclip/ops/mask_rows.h"

#include "fcclip/core/error.h"

namespace fcclip::ops {

namespace portable {
void fill_mask_rows(MaskRowKernels& kernels);
}
#ifdef FCCLIP_X86
namespace avx2 {
void fill_mask_rows(MaskRowKernels& kernels);
}
namespace avx512 {
void fill_mask_rows(MaskRowKernels& kernels);
}
#endif

namespace {

MaskRowKernels filled(void (*fill)(MaskRowKernels&)) {
  MaskRowKernels kernels = {};
  fill(kernels);
  return kernels;
}

}  // namespace

// Each table is filled at its first use only: filling it runs code compiled for that instruction
// set.
const MaskRowKernels& mask_row_kernels(Isa isa) {
#ifdef FCCLIP_X86
  if (isa == Isa::avx512) {
    static const MaskRowKernels avx512_kernels = filled(avx512::fill_mask_rows);
    return avx512_kernels;
  }
  if (isa == Isa::avx2) {
    static const MaskRowKernels avx2_kernels = filled(avx2::fill_mask_rows);
    return avx2_kernels;
  }
#endif
  if (isa != Isa::portable) {
    fail(ErrorCode::unsupported, "mask row kernels of ", name(isa), " are not part of this build");
  }
  static const MaskRowKernels portable_kernels = filled(portable::fill_mask_rows);
  return portable_kernels;
}

}  // namespace fcclip::ops
