#include "fcclip/core/processor.h"

#include <fstream>
#include <sched.h>
#include <thread>

namespace fcclip {
namespace {

std::string name_in_cpuinfo() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "";
}

int64_t allowed_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return static_cast<int64_t>(std::thread::hardware_concurrency());
}

// The kernel's names: it lists an instruction set only where its registers may be used.
std::vector<std::string> sets_in_cpuinfo() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("flags")) break;
  }
  line += ' ';
  std::vector<std::string> found;
  for (const auto& [flag, name] : {std::pair{"avx2", "avx2"},
                                   {"avx_vnni", "avx-vnni"},
                                   {"avx512f", "avx512"},
                                   {"avx512_vnni", "avx512-vnni"},
                                   {"avx512_bf16", "avx512-bf16"},
                                   {"amx_tile", "amx"},
                                   {"amx_bf16", "amx-bf16"},
                                   {"amx_int8", "amx-int8"}}) {
    if (line.find(' ' + std::string(flag) + ' ') != std::string::npos) found.emplace_back(name);
  }
  return found;
}

}  // namespace

Processor ask_processor() {
  return {name_in_cpuinfo(), allowed_cores(), sets_in_cpuinfo()};
}

}  // namespace fcclip
