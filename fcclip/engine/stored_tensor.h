#pragma once
// Tensors of a checkpoint by their names.

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace fcclip::engine {

/// Throws Error{missing_tensor, shape_mismatch} naming the tensor.
const at::Tensor& stored_tensor(const std::map<std::string, at::Tensor>& tensors,
                                const std::string& name, at::IntArrayRef shape);

}  // namespace fcclip::engine
