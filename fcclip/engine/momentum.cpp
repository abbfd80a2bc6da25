#include "fcclip/engine/momentum.h"

#include <ATen/ATen.h>

#include "fcclip/engine/stored_tensor.h"

namespace fcclip::engine {
namespace {

std::string momentum_name(const nn::Weight& weight) {
  return weight.name + ".momentum";
}

}  // namespace

void save_momentum(std::span<const nn::Weight* const> weights,
                   const std::vector<at::Tensor>& momentum, NamedState& tensors) {
  for (size_t i = 0; i < weights.size(); ++i) {
    if (momentum[i].defined()) tensors[momentum_name(*weights[i])] = momentum[i];
  }
}

std::vector<at::Tensor> load_momentum(std::span<const nn::Weight* const> weights,
                                      const NamedState& tensors) {
  std::vector<at::Tensor> momentum(weights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    const std::string name = momentum_name(*weights[i]);
    if (!tensors.contains(name)) continue;
    const at::Tensor& weight = *weights[i]->member;
    momentum[i] = stored_tensor(tensors, name, weight.sizes()).to(weight.device()).clone();
  }
  return momentum;
}

}  // namespace fcclip::engine
