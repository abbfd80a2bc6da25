#pragma once
// Which CPU instruction set the kernels use: decided once, can be listed, can be forced.

#include <string_view>
#include <vector>

namespace fcclip::ops {

/// Instruction sets that kernels are compiled for, each with those before it. amx: AVX-512's kernels, and products in bfloat16
/// by AMX.
enum class Isa { portable, avx2, avx512, amx };

/// As FCCLIP_CPU_ISA spells it.
std::string_view name(Isa isa);

/// What this processor can run, slowest first.
std::vector<Isa> available_isas();

/// The best available, or the one that FCCLIP_CPU_ISA (portable, avx2, avx512, amx) names now. Throws
/// Error{invalid_argument} when the variable names something unknown or not available here.
Isa preferred_isa();

/// What the kernels on the processor use: preferred_isa() of the first call, unless a test forces
/// another.
Isa chosen_isa();

}  // namespace fcclip::ops
