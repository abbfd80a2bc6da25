#include "fcclip/ops/amx.h"

#if defined(FCCLIP_X86) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace fcclip::ops {
namespace {

// Of CPUID, and of XCR0 and Linux, which number registers alike.
constexpr uint32_t kAmxBf16 = 1u << 22, kAmxTile = 1u << 24;
constexpr int kTileConfig = 17, kTileData = 18;
constexpr uint64_t kBothTileStates = uint64_t{1} << kTileConfig | uint64_t{1} << kTileData;

#if defined(FCCLIP_X86) && defined(__linux__)

// asm/prctl.h has them from Linux 5.16 on.
constexpr int kGetSupported = 0x1021, kRequestPermission = 0x1023;

uint64_t extended_control_register_0() {
  uint32_t low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

#endif

}  // namespace

AmxSigns ask_for_amx() {
  AmxSigns signs;
#if defined(FCCLIP_X86) && defined(__linux__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_OSXSAVE) != 0) {
    signs.saved = extended_control_register_0();
  }
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0) signs.features = d;
  uint64_t offered = 0;
  if (::syscall(SYS_arch_prctl, kGetSupported, &offered) == 0) signs.offered = offered;
#endif
  return signs;
}

bool has_bf16_tiles(const AmxSigns& signs) {
  constexpr uint32_t kFeatures = kAmxBf16 | kAmxTile;
  return (signs.features & kFeatures) == kFeatures &&
         (signs.saved & signs.offered & kBothTileStates) == kBothTileStates;
}

bool may_use_tiles() {
#if defined(FCCLIP_X86) && defined(__linux__)
  static const bool granted = has_bf16_tiles(ask_for_amx()) &&
                              ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return granted;
#else
  return false;
#endif
}

}  // namespace fcclip::ops
