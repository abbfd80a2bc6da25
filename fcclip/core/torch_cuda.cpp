#include "fcclip/core/torch_cuda.h"

#include <filesystem>

#include <ATen/Context.h>
#include <torch/version.h>

namespace fcclip {
namespace {

// The oldest GPUs that CUDA's own libraries of a major version have code for.
int oldest_architecture(int cuda) {
  return cuda >= 13000 ? 75 : 50;
}

TorchCuda find_and_open() {
  TorchCuda found;
  const std::filesystem::path cpu =
      file_of_address(reinterpret_cast<const void*>(&at::globalContext));
  const std::filesystem::path file = cpu.parent_path() / "libtorch_cuda.so";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    found.failure =
        "LibTorch " TORCH_VERSION " in " + cpu.parent_path().string() + " is a CPU build";
    return found;
  }
  found.file = file.string();
  const SharedLibrary library(found.file);
  found.failure = library.failure();
  if (auto* const version = library.function<int(int*)>("cudaRuntimeGetVersion")) {
    version(&found.cuda);
  }
  return found;
}

std::string lack_of_torch(const TorchCuda& torch) {
  if (torch.file.empty()) {
    return torch.failure + "; install a CUDA build of it (from source: TORCH_BUILD=cuda make)";
  }
  if (torch.failure.empty()) return "";
  return "LibTorch's CUDA side can't be opened (" + torch.failure +
         "); install the whole wheel with NVIDIA's packages: pip install torch==" TORCH_VERSION;
}

}  // namespace

const TorchCuda& open_torch_cuda() {
  static const TorchCuda kFound = find_and_open();
  return kFound;
}

std::string lack_of_gpu(const CudaDriver& driver, const TorchCuda& torch, int64_t index) {
  if (!driver.failure.empty()) return driver.failure;
  const auto count = static_cast<int64_t>(driver.gpus.size());
  if (index >= count) {
    return count == 1 ? "there is one GPU, cuda:0"
                      : "there are " + std::to_string(count) +
                            " GPUs, cuda:0 to cuda:" + std::to_string(count - 1);
  }
  const std::string lack = lack_of_torch(torch);
  if (!lack.empty()) return lack;
  if (driver.cuda / 1000 < torch.cuda / 1000) {
    return "the NVIDIA driver" + (driver.release.empty() ? "" : " " + driver.release) +
           " is too old: it runs CUDA " + cuda_version_text(driver.cuda) +
           " and LibTorch " TORCH_VERSION " needs " + cuda_version_text(torch.cuda / 1000 * 1000) +
           "; update the driver, or build with a LibTorch for CUDA " +
           std::to_string(driver.cuda / 1000);
  }
  const Gpu& gpu = driver.gpus[static_cast<size_t>(index)];
  const int oldest = oldest_architecture(torch.cuda);
  if (gpu.architecture < oldest) {
    return "GPU " + std::to_string(index) + " (" + gpu.name + ", capability " +
           architecture_text(gpu.architecture) + ") is too old: CUDA " +
           cuda_version_text(torch.cuda) + " begins at " + architecture_text(oldest) +
           "; build with a LibTorch for an older CUDA";
  }
  return "";
}

}  // namespace fcclip
