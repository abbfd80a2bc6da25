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

}  // namespace fcclip::ops
