#pragma once
// A classifier row as plain numbers, as ClassRows holds it.

#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::classify {

/// row [D] float32 on the CPU, any stride.
inline std::vector<float> row_values(const at::Tensor& row) {
  const at::Tensor whole = row.contiguous();
  const auto* begin = whole.const_data_ptr<float>();
  return {begin, begin + whole.numel()};
}

}  // namespace fcclip::classify
