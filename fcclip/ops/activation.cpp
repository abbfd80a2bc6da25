#include "fcclip/ops/activation.h"

#include <ATen/ATen.h>

namespace fcclip::ops {

at::Tensor activate(Activation activation, const at::Tensor& x) {
  switch (activation) {
    case Activation::relu:
      return at::relu(x);
    case Activation::gelu:
      return at::gelu(x);
    case Activation::quick_gelu:
      return x * at::sigmoid(1.702 * x);
    case Activation::none:
      break;
  }
  return x;
}

}  // namespace fcclip::ops
