#pragma once

#include <ATen/core/Tensor.h>

namespace fcclip::ops::cpu {

/// A matrix [rows, columns] whose rows lie in one piece, as kernels read them: itself, or a copy.
inline at::Tensor with_unit_stride(const at::Tensor& matrix) {
  return matrix.stride(1) == 1 || matrix.size(1) == 1 ? matrix : matrix.contiguous();
}

}  // namespace fcclip::ops::cpu
