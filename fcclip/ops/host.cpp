#include "fcclip/ops/host.h"

#include <ATen/ATen.h>

namespace fcclip::ops {

at::Tensor on_host(const at::Tensor& x) {
  return x.to(at::kCPU).contiguous();
}

at::Tensor briefly_on_host(const at::Tensor& x) {
  if (!x.is_cuda()) return on_host(x);
  const at::TensorOptions pinned = x.options().device(at::kCPU).pinned_memory(true);
  return at::empty(x.sizes(), pinned).copy_(x);
}

at::Tensor on_device(const at::Tensor& x, at::Device device) {
  if (!device.is_cuda() || !x.is_cpu()) return x.to(device);
  return x.pin_memory().to(device, /*non_blocking=*/true);
}

}  // namespace fcclip::ops
