#pragma once
// One of the tables that were compiled once per instruction set.

#include "fcclip/core/error.h"
#include "fcclip/ops/isa.h"

namespace fcclip::ops {

/// The functions that fill a table with one instruction set's kernels; null: not in this build.
template <typename Table>
struct Fillers {
  void (*portable)(Table&) = nullptr;
  void (*avx2)(Table&) = nullptr;
  void (*avx512)(Table&) = nullptr;
};

// Kernels do not include this header: what is compiled with their flags must not be shared.
/// Declares `void fill(Table&)` of every instruction set, inside namespace fcclip::ops.
#define FCCLIP_DECLARE_PER_ISA(fill, Table) \
  namespace portable {                      \
  void fill(Table& table);                  \
  }                                         \
  namespace avx2 {                          \
  void fill(Table& table);                  \
  }                                         \
  namespace avx512 {                        \
  void fill(Table& table);                  \
  }

/// Fillers of those that this build has.
#ifdef FCCLIP_X86
#define FCCLIP_FILLERS(fill) \
  { portable::fill, avx2::fill, avx512::fill }
#else
#define FCCLIP_FILLERS(fill) \
  { portable::fill, nullptr, nullptr }
#endif

namespace detail {

template <typename Table, Isa isa>
const Table& filled(void (*fill)(Table&)) {
  static const Table table = [fill] {
    Table made = {};
    fill(made);
    if constexpr (requires { made.isa; }) made.isa = isa;
    return made;
  }();
  return table;
}

}  // namespace detail

/// Each table is filled at its first use only: filling it runs code compiled for that instruction
/// set. Throws Error{unsupported} for one that is not in this build.
template <typename Table>
const Table& table_of(Isa isa, const Fillers<Table>& fillers) {
  if (isa == Isa::portable) return detail::filled<Table, Isa::portable>(fillers.portable);
  if (isa == Isa::avx2 && fillers.avx2 != nullptr) {
    return detail::filled<Table, Isa::avx2>(fillers.avx2);
  }
  if (isa == Isa::avx512 && fillers.avx512 != nullptr) {
    return detail::filled<Table, Isa::avx512>(fillers.avx512);
  }
  if (isa == Isa::amx && fillers.avx512 != nullptr) {
    return detail::filled<Table, Isa::amx>(fillers.avx512);
  }
  fail(ErrorCode::unsupported, "kernels of ", name(isa), " are not part of this build");
}

}  // namespace fcclip::ops
