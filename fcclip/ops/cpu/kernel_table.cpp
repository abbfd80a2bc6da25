#include "fcclip/ops/cpu/kernel_table.h"

#include "fcclip/core/error.h"

namespace fcclip::ops {

namespace portable {
void fill_table(KernelTable& table);
}
#ifdef FCCLIP_X86
namespace avx2 {
void fill_table(KernelTable& table);
}
namespace avx512 {
void fill_table(KernelTable& table);
}
#endif

namespace {

KernelTable make_table(Isa isa, void (*fill)(KernelTable&)) {
  KernelTable table;
  table.isa = isa;
  fill(table);
  return table;
}

}  // namespace

// Each table is filled at its first use only: filling it runs code compiled for that instruction
// set.
const KernelTable& kernels(Isa isa) {
#ifdef FCCLIP_X86
  if (isa == Isa::avx512) {
    static const KernelTable avx512_table = make_table(Isa::avx512, avx512::fill_table);
    return avx512_table;
  }
  if (isa == Isa::avx2) {
    static const KernelTable avx2_table = make_table(Isa::avx2, avx2::fill_table);
    return avx2_table;
  }
#endif
  if (isa != Isa::portable) {
    fail(ErrorCode::unsupported, "kernels of ", name(isa), " are not part of this build");
  }
  static const KernelTable portable_table = make_table(Isa::portable, portable::fill_table);
  return portable_table;
}

}  // namespace fcclip::ops
