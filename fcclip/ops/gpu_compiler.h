#pragma once
// What compiles this project's kernels for a GPU, for those who list devices.

#include <string>

#include <c10/core/Device.h>

namespace fcclip::ops {

/// NVRTC, which compiles the kernels where they run.
struct GpuCompiler {
  std::string version;  ///< "13.0"; empty: there is none
  std::string path;     ///< its file
  std::string lack;     ///< what is missing and what to do; empty: nothing
};

/// Looks for it at the first call; a GPU is not needed.
GpuCompiler gpu_compiler();

/// Whether nvcc compiled the kernels when this was built (FCCLIP_CUDA).
bool has_gpu_kernels_ahead_of_time();

/// Throws Error{unsupported} where the kernels can't be made for this device: before much work.
void need_gpu_compiler(at::Device device);

}  // namespace fcclip::ops
