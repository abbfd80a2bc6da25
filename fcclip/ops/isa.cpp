#include "fcclip/ops/isa.h"

#include <cstdlib>
#include <span>
#include <string>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/ops/amx.h"

namespace fcclip::ops {
namespace {

// "portable, avx2 or avx512"
std::string one_of(std::span<const Isa> isas) {
  const std::string last(name(isas.back()));
  if (isas.size() == 1) return last;
  return listed(isas.first(isas.size() - 1), [](Isa isa) { return name(isa); }) + " or " + last;
}

}  // namespace

std::string_view name(Isa isa) {
  switch (isa) {
    case Isa::amx:
      return "amx";
    case Isa::avx512:
      return "avx512";
    case Isa::avx2:
      return "avx2";
    case Isa::portable:
      break;
  }
  return "portable";
}

std::vector<Isa> available_isas() {
  std::vector<Isa> isas = {Isa::portable};
#ifdef FCCLIP_X86
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    isas.push_back(Isa::avx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
      isas.push_back(Isa::avx512);
      if (__builtin_cpu_supports("avx512bf16") && has_bf16_tiles(ask_for_amx())) {
        isas.push_back(Isa::amx);
      }
    }
  }
#endif
  return isas;
}

Isa preferred_isa() {
  const std::vector<Isa> available = available_isas();
  const char* forced = std::getenv("FCCLIP_CPU_ISA");
  if (forced == nullptr || *forced == '\0') return available.back();
  for (const Isa isa : available) {
    if (name(isa) == forced) return isa;
  }
  fail(ErrorCode::invalid_argument, "FCCLIP_CPU_ISA=", forced,
       " is unknown or not available on this processor; use ", one_of(available));
}

}  // namespace fcclip::ops
