#include "fcclip/engine/own_gpu.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include "fcclip/core/environment.h"
#include "fcclip/core/error.h"
#include "fcclip/core/torch_cuda.h"
#include "fcclip/engine/nccl.h"

namespace fcclip::engine {
namespace {

void make_current(int64_t index) {
  const c10::impl::VirtualGuardImpl gpus(at::kCUDA);
  gpus.setDevice(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index)));
}

// The first line of what CUDA says; empty when the GPU is the current one now.
std::string lack_of_current(int64_t index) {
  try {
    make_current(index);
    return "";
  } catch (const c10::Error& error) {
    return error.msg().substr(0, error.msg().find('\n'));
  }
}

}  // namespace

// Without the variable one GPU is all that the machine has, and a second process is one too many.
int64_t gpu_of_process(int64_t local_rank, int64_t visible) {
  return visible == 1 && environment_text("CUDA_VISIBLE_DEVICES") ? 0 : local_rank;
}

int64_t take_own_gpu(int64_t local_rank) {
  const CudaDriver driver = ask_cuda_driver();
  const int64_t index = gpu_of_process(local_rank, static_cast<int64_t>(driver.gpus.size()));
  std::string lack =
      lack_of_gpu(driver, driver.gpus.empty() ? TorchCuda{} : open_torch_cuda(), index);
  if (lack.empty()) {
    if (!nccl_lack().empty()) fail(ErrorCode::unsupported, nccl_lack());
    lack = lack_of_current(index);
  }
  if (lack.empty()) return index;
  const bool advised = lack.find(';') != std::string::npos;
  fail(ErrorCode::unsupported, "process ", local_rank, " of this machine can't have cuda:", index,
       ": ", lack, advised ? "" : "; start one process for each GPU, or use cpu");
}

}  // namespace fcclip::engine
