#pragma once
// What the processor is.

#include <cstdint>
#include <string>
#include <vector>

namespace fcclip {

/// As the system and the instruction set describe it.
struct Processor {
  std::string name;   ///< "AMD EPYC 9575F 64-Core Processor"; empty: not told
  int64_t cores = 0;  ///< that this process may use, as the system counts them
  std::vector<std::string> instruction_sets;  ///< of those that matter here: "avx2", "avx512", …
};

Processor ask_processor();

}  // namespace fcclip
