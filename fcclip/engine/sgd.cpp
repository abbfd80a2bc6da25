#include "fcclip/engine/sgd.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/engine/momentum.h"

namespace fcclip::engine {

Sgd::Sgd(std::vector<const nn::Weight*> weights, const SgdOptions& options)
    : weights_(std::move(weights)), options_(options), momentum_(weights_.size()) {}

void Sgd::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < weights_.size(); ++i) {
    at::Tensor& weight = *weights_[i]->member;
    if (!weight.grad().defined()) continue;
    at::Tensor direction = weight.grad();
    if (weights_[i]->role == nn::WeightRole::weight && options_.weight_decay != 0) {
      direction = direction.add(weight, options_.weight_decay);
    }
    if (options_.momentum != 0) {
      if (momentum_[i].defined()) {
        momentum_[i].mul_(options_.momentum).add_(direction);
      } else {
        momentum_[i] = direction.clone();
      }
      direction = momentum_[i];
    }
    weight.sub_(direction, learning_rate);
  }
}

void Sgd::save(std::map<std::string, at::Tensor>& tensors) const {
  save_momentum(weights_, momentum_, tensors);
}

void Sgd::load(const std::map<std::string, at::Tensor>& tensors) {
  momentum_ = load_momentum(weights_, tensors);
}

}  // namespace fcclip::engine
