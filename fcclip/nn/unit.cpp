#include "fcclip/nn/unit.h"

#include <ATen/ATen.h>

namespace fcclip::nn {

at::Tensor unit(const at::Tensor& x) {
  return x / x.norm(2, -1, /*keepdim=*/true).clamp_min(1e-12);
}

}  // namespace fcclip::nn
