#include "fcclip/train/optimizer.h"

#include <ATen/ATen.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adamw.h>

namespace fcclip::train {

std::vector<const nn::Weight*> trainable_weights(const nn::WeightTable& table) {
  std::vector<const nn::Weight*> weights;
  for (const nn::Weight& row : table.rows()) {
    if (!row.name.starts_with("backbone.") && row.role != nn::WeightRole::statistic) {
      weights.push_back(&row);
    }
  }
  return weights;
}

struct Optimizer::Impl {
  std::unique_ptr<torch::optim::AdamW> adam;
  std::vector<at::Tensor> parameters;
};

Optimizer::Optimizer(const nn::WeightTable& table, const OptimizerOptions& options)
    : weights_(trainable_weights(table)), options_(options), impl_(std::make_unique<Impl>()) {
  std::vector<at::Tensor> decayed, plain;
  for (const nn::Weight* weight : weights_) {
    // A copy: a loaded weight may be a view of a mapped file.
    *weight->member = weight->member->detach().clone().requires_grad_();
    impl_->parameters.push_back(*weight->member);
    (weight->role == nn::WeightRole::weight ? decayed : plain).push_back(*weight->member);
  }
  const auto group_options = [&](double decay) {
    auto group = std::make_unique<torch::optim::AdamWOptions>(options.learning_rate);
    group->betas({options.beta1, options.beta2}).eps(options.eps).weight_decay(decay);
    return group;
  };
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(decayed, group_options(options.weight_decay));
  groups.emplace_back(plain, group_options(0));
  impl_->adam = std::make_unique<torch::optim::AdamW>(
      std::move(groups), torch::optim::AdamWOptions(options.learning_rate));
}

Optimizer::~Optimizer() = default;

void Optimizer::zero_gradients() {
  impl_->adam->zero_grad();
}

double Optimizer::step() {
  double norm = 0;
  if (options_.clip_norm > 0) {
    norm = torch::nn::utils::clip_grad_norm_(impl_->parameters, options_.clip_norm);
  }
  impl_->adam->step();
  return norm;
}

void Optimizer::set_learning_rate(double value) {
  for (torch::optim::OptimizerParamGroup& group : impl_->adam->param_groups()) {
    static_cast<torch::optim::AdamWOptions&>(group.options()).lr(value);
  }
}

}  // namespace fcclip::train
