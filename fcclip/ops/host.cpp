#include "fcclip/ops/host.h"

#include <ATen/ATen.h>

namespace fcclip::ops {

at::Tensor on_host(const at::Tensor& x) {
  return x.to(at::kCPU).contiguous();
}

}  // namespace fcclip::ops
