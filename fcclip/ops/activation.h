#pragma once
// The activations of the network's layers. Kernels see this header: no tensor type is complete.

namespace at {
class Tensor;
}

namespace fcclip::ops {

enum class Activation { none, relu, gelu, quick_gelu };

/// x [..., C] -> same shape, differentiable. gelu is exact (erf); quick_gelu is x·σ(1.702x)
/// (OpenAI's CLIP).
at::Tensor activate(Activation activation, const at::Tensor& x);

}  // namespace fcclip::ops
