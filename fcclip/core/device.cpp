#include "fcclip/core/device.h"

#include <ATen/Context.h>

#include "fcclip/core/error.h"
#include "fcclip/core/torch_cuda.h"

namespace fcclip {
namespace {

std::string lack_of_device(int64_t index) {
  const CudaDriver driver = ask_cuda_driver();
  // Without a GPU half a gigabyte of libraries need not be opened.
  const std::string lack =
      lack_of_gpu(driver, driver.gpus.empty() ? TorchCuda{} : open_torch_cuda(), index);
  if (!lack.empty() || at::hasCUDA()) return lack;
  return "LibTorch does not see the GPU, although the driver does: this process asked for it "
         "before "
         "LibTorch's CUDA side was opened, or its first use failed";
}

}  // namespace

at::Device parse_device(const std::string& text) {
  at::Device device(at::kCPU);
  try {
    device = at::Device(text);
  } catch (const c10::Error&) {
    fail(ErrorCode::invalid_argument, "device '", text, "' is unknown; use cpu, cuda or cuda:N");
  }
  if (!device.is_cpu() && !device.is_cuda()) {
    fail(ErrorCode::invalid_argument, "device '", text,
         "' is not supported; use cpu, cuda or cuda:N");
  }
  if (!device.is_cuda()) return device;
  const std::string lack = lack_of_device(device.has_index() ? device.index() : 0);
  if (!lack.empty()) {
    const bool advised = lack.find(';') != std::string::npos;
    fail(ErrorCode::unsupported, "device '", text, "' is not available: ", lack,
         advised ? "; or use cpu" : "; use cpu");
  }
  return device;
}

bool has_gpu() {
  return lack_of_device(0).empty();
}

}  // namespace fcclip
