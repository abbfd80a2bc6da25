#pragma once
// The momentum of an optimizer that keeps one tensor a weight, in checkpoints: "<weight>.momentum".

#include <map>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/nn/weights.h"

namespace fcclip::engine {

using NamedState = std::map<std::string, at::Tensor>;

/// Adds what is defined; `momentum` is as the weights are.
void save_momentum(std::span<const nn::Weight* const> weights,
                   const std::vector<at::Tensor>& momentum, NamedState& tensors);

/// As the weights, on their devices; undefined where `tensors` have none: the weight had no gradient
/// yet. Throws Error{shape_mismatch} naming the tensor.
std::vector<at::Tensor> load_momentum(std::span<const nn::Weight* const> weights,
                                      const NamedState& tensors);

}  // namespace fcclip::engine
