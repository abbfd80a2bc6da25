#include "fcclip/core/device.h"

#include <ATen/Context.h>

#include "fcclip/core/error.h"

namespace fcclip {

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
  if (device.is_cuda() && !at::hasCUDA()) {
    fail(ErrorCode::unsupported, "device '", text,
         "' is not available: this LibTorch was built without CUDA or sees no GPU; use cpu");
  }
  return device;
}

}  // namespace fcclip
