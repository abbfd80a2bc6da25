#include "fcclip/ops/isa.h"

#include <cstdlib>
#include <string>

#include "fcclip/core/error.h"
#include "fcclip/ops/amx.h"

namespace fcclip::ops {
namespace {

// "portable, avx2 or avx512"
std::string listed(const std::vector<Isa>& isas) {
  std::string text;
  for (size_t i = 0; i < isas.size(); ++i) {
    if (i > 0) text += i + 1 == isas.size() ? " or " : ", ";
    text += name(isas[i]);
  }
  return text;
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
       " is unknown or not available on this processor; use ", listed(available));
}

}  // namespace fcclip::ops
