#pragma once
// Activation checkpointing (Chen et al. 2016, "Training deep nets with sublinear memory cost"): a
// part of a network keeps its inputs alone, and is computed again when its gradients are wanted.

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::nn {

using Tensors = std::vector<at::Tensor>;

/// From inputs to outputs, the same each time: what is random in it must be a function of a seed.
using Part = std::function<Tensors(const Tensors& inputs)>;

/// What autograd keeps of a part between the passes.
enum class Activations {
  kept,       ///< all that its operations save
  recomputed  ///< its inputs and outputs
};

/// part(inputs), with gradients to the inputs and to all weights (leaves) that the part uses. Where
/// gradients are not recorded, and of Activations::kept, the part is simply called. Recomputed, the
/// outputs are the same bits, the gradients too but for the order of sums where a tensor is used
/// several times. Autocast is in the backward pass as it was here. A weight's gradient is accumulated
/// once, behind all parts that use it, as c10d's Reducer wants it; hooks of its own (register_hook)
/// see each part's share before.
///   inputs  at least one, all defined. A tensor with gradients that is neither a leaf nor among them
///           is Error{internal}
///   part    is called again until the backward pass is over; what it refers to must live so long
/// Parts may hold parts. A gradient of a gradient is Error{unsupported}; a weight or an input that was
/// changed in between is LibTorch's own error.
Tensors run_part(Activations activations, const Tensors& inputs, const Part& part);

}  // namespace fcclip::nn
