#include "apps/version.h"

#include <ATen/Context.h>
#include <torch/version.h>

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

// The kernels are this project's own; LibTorch's device is asked for at run time.
std::string cuda_state() {
#ifdef FCCLIP_CUDA
  const std::string kernels = "kernels built in";
#else
  const std::string kernels = "no kernels built in";
#endif
  return kernels + (at::hasCUDA() ? ", a GPU found" : ", no GPU found");
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
