#include "fcclip/core/cuda_module.h"

#include "fcclip/core/own_folders.h"
#include "fcclip/core/torch_cuda.h"

namespace fcclip {
namespace {

std::string module_file(const std::string& name) {
  std::error_code ignored;
  for (const std::filesystem::path& folder : own_folders()) {
    for (const char* place : {"", FCCLIP_PRIVATE_LIBDIR}) {
      const std::filesystem::path file = folder / place / name;
      if (std::filesystem::exists(file, ignored)) return file.string();
    }
  }
  return "";
}

}  // namespace

// LibTorch's CUDA side is opened with all its names in reach of what is opened later, those of CUDA's runtime and of NCCL among
// them; a module is linked to have every name found when it is opened, or not be opened.
CudaModule open_cuda_module(const std::string& file_name) {
  const std::string file = module_file(file_name);
  if (file.empty()) return {{}, file_name + " was not built"};
  const TorchCuda& torch = open_torch_cuda();
  if (!torch.failure.empty()) return {{}, torch.failure};
  SharedLibrary library(file);
  std::string lack = library.failure();
  return {std::move(library), std::move(lack)};
}

}  // namespace fcclip
