#pragma once
// What a step measured, from where it computes to where it is told.

#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::engine {

/// The numbers of all tensors, flattened, one after another, in one copy: a device is waited for
/// once.
///   figures  real, on one device, of any shapes; undefined ones are left out
std::vector<double> read_figures(const std::vector<at::Tensor>& figures);

}  // namespace fcclip::engine
