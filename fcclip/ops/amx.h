#pragma once
// AMX: registers of Intel's processors that hold tiles of a matrix. A process may use them only after it has asked the system,
// which gives each thread that does a larger place to keep its registers.

#include <cstdint>

namespace fcclip::ops {

/// What the processor and the system say of AMX; zeros where there is nobody to ask.
struct AmxSigns {
  uint32_t features = 0;  ///< CPUID, leaf 7, EDX
  uint64_t saved = 0;     ///< XCR0: registers that are saved at all
  uint64_t offered = 0;   ///< ARCH_GET_XCOMP_SUPP: those of them that Linux lets processes have
};

/// Asks both; changes nothing.
AmxSigns ask_for_amx();

/// Whether tiles of bfloat16 can be multiplied, once may_use_tiles() has asked.
bool has_bf16_tiles(const AmxSigns& signs);

/// Asks Linux for tiles, at the first call, for all threads of this process, those that are there already too
/// (ARCH_REQ_XCOMP_PERM); it stays so. False: it refused, as where a thread's alternate signal stack is too small.
bool may_use_tiles();

}  // namespace fcclip::ops
