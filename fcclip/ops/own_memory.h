#pragma once
// Memory for tensors that are kept for long.

#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::ops {

/// Copies of host tensors in pages of their own, which go back to the system with the last of them;
/// tensors of other devices, and undefined ones, as they are. What is kept for long between a
/// network's large, short-lived tensors would else break the heap to pieces. Throws
/// Error{out_of_memory}.
std::vector<at::Tensor> in_own_memory(const std::vector<at::Tensor>& tensors);

}  // namespace fcclip::ops
