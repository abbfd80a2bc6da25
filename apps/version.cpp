#include "apps/version.h"

#include <torch/version.h>

#include "fcclip/core/cuda_driver.h"
#include "fcclip/ops/gpu_compiler.h"
#include "fcclip/ops/isa.h"

namespace fcclip::apps {
namespace {

std::string compiler_name() {
#if defined(__clang__)
  return "Clang " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__) + "." +
         std::to_string(__clang_patchlevel__);
#elif defined(__GNUC__)
  return "GCC " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) + "." +
         std::to_string(__GNUC_PATCHLEVEL__);
#else
  return "unknown";
#endif
}

std::string cuda_state() {
  const std::string kernels =
      ops::has_gpu_kernels_ahead_of_time() ? "kernels built in" : "kernels compiled where they run";
  const size_t gpus = ask_cuda_driver().gpus.size();
  return kernels +
         (gpus == 0   ? ", no GPU found"
          : gpus == 1 ? ", a GPU found"
                      : ", " + std::to_string(gpus) + " GPUs found") +
         " (fcclip info --devices)";
}

}  // namespace

std::string version_text() {
  return "fcclip " FCCLIP_VERSION
         "\n"
         "instruction set  " +
         std::string(ops::name(ops::chosen_isa())) +
         "\n"
         "LibTorch         " TORCH_VERSION
         "\n"
         "CUDA             " +
         cuda_state() +
         "\n"
         "compiler         " +
         compiler_name();
}

}  // namespace fcclip::apps
