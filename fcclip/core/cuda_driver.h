#pragma once
// NVIDIA's driver as the machine has it, asked through its own library, which is opened when
// something is asked: neither CUDA's headers nor LibTorch's CUDA side are needed.

#include <cstdint>
#include <string>
#include <vector>

#include "fcclip/core/shared_library.h"

namespace fcclip {

/// One GPU as the driver describes it.
struct Gpu {
  std::string name;          ///< "NVIDIA H200"
  int64_t memory_bytes = 0;  ///< of the whole GPU
  int architecture = 0;      ///< 10 · major + minor of its compute capability: 90
};

/// What the driver says.
struct CudaDriver {
  int cuda = 0;           ///< newest CUDA that it runs: 13000 is 13.0; 0: there is no driver
  std::string release;    ///< "580.95.05"; empty when the system does not tell
  std::string failure;    ///< why `gpus` is empty; no full stop
  std::vector<Gpu> gpus;  ///< cuda:0, cuda:1, …: those that CUDA_VISIBLE_DEVICES leaves
};

/// Asks anew at every call. Never throws: `failure` says what is wrong.
CudaDriver ask_cuda_driver();

/// libcuda.so.1, opened at the first call; not open where no driver is installed.
const SharedLibrary& cuda_driver_library();

/// The driver's words for one of its error numbers.
std::string cuda_driver_error(int error);

/// 13000 -> "13.0".
std::string cuda_version_text(int version);
/// 90 -> "9.0".
std::string architecture_text(int architecture);

}  // namespace fcclip
