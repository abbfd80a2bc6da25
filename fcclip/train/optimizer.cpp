#include "fcclip/train/optimizer.h"

#include <cmath>

#include <ATen/ATen.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adamw.h>

#include "fcclip/core/error.h"
#include "fcclip/train/muon.h"

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

namespace {

const at::Tensor& stored(const std::map<std::string, at::Tensor>& tensors, const std::string& name,
                         at::IntArrayRef shape) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) fail(ErrorCode::missing_tensor, "the checkpoint has no ", name);
  if (found->second.sizes() != shape) {
    fail(ErrorCode::shape_mismatch, "the checkpoint's ", name, " is ", found->second.sizes(),
         "; expected ", shape, ": it is of another configuration");
  }
  return found->second;
}

}  // namespace

struct Optimizer::Impl {
  std::unique_ptr<torch::optim::AdamW> adam;
  std::unique_ptr<Muon> muon;  // nullptr: everything is AdamW's
  double learning_rate = 0;
  std::vector<at::Tensor> parameters;
};

Optimizer::Optimizer(std::vector<const nn::Weight*> weights, const OptimizerOptions& options,
                     const Processes* processes)
    : weights_(std::move(weights)), options_(options), impl_(std::make_unique<Impl>()) {
  std::vector<at::Tensor> decayed, plain;
  std::vector<const nn::Weight*> mixing;
  for (const nn::Weight* weight : weights_) {
    // A copy: a loaded weight may be a view of a mapped file.
    *weight->member = weight->member->detach().clone().requires_grad_();
    impl_->parameters.push_back(*weight->member);
    if (options.muon && is_mixing_matrix(*weight)) {
      mixing.push_back(weight);
      continue;
    }
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
  impl_->learning_rate = options.learning_rate;
  if (!mixing.empty()) {
    MuonOptions of_muon;
    of_muon.weight_decay = options.weight_decay;
    impl_->muon = std::make_unique<Muon>(std::move(mixing), of_muon, processes);
  }
}

Optimizer::~Optimizer() = default;

const std::vector<at::Tensor>& Optimizer::parameters() const {
  return impl_->parameters;
}

void Optimizer::zero_gradients() {
  for (at::Tensor& parameter : impl_->parameters) parameter.mutable_grad().reset();
}

double Optimizer::step() {
  double norm = 0;
  if (options_.clip_norm > 0) {
    norm = torch::nn::utils::clip_grad_norm_(impl_->parameters, options_.clip_norm);
    if (!std::isfinite(norm)) {
      fail(ErrorCode::missing_tensor, "the gradients' norm is not finite (", norm, ")");
    }
  }
  impl_->adam->step();
  if (impl_->muon) impl_->muon->step(impl_->learning_rate);
  return norm;
}

void Optimizer::save(std::map<std::string, at::Tensor>& tensors) const {
  for (size_t i = 0; i < weights_.size(); ++i) {
    const std::string& name = weights_[i]->name;
    tensors[name] = impl_->parameters[i].detach();
    const auto found = impl_->adam->state().find(impl_->parameters[i].unsafeGetTensorImpl());
    if (found == impl_->adam->state().end()) continue;  // never had a gradient
    const auto& state = static_cast<const torch::optim::AdamWParamState&>(*found->second);
    tensors[name + ".exp_avg"] = state.exp_avg();
    tensors[name + ".exp_avg_sq"] = state.exp_avg_sq();
    tensors[name + ".steps"] = at::scalar_tensor(state.step(), at::kLong);
  }
  if (impl_->muon) impl_->muon->save(tensors);
}

void Optimizer::load(const std::map<std::string, at::Tensor>& tensors) {
  const at::NoGradGuard no_grad;
  impl_->adam->state().clear();
  for (size_t i = 0; i < weights_.size(); ++i) {
    const std::string& name = weights_[i]->name;
    at::Tensor& parameter = impl_->parameters[i];
    parameter.copy_(stored(tensors, name, parameter.sizes()));
    if (options_.muon && is_mixing_matrix(*weights_[i])) continue;
    if (!tensors.contains(name + ".steps")) continue;
    auto state = std::make_unique<torch::optim::AdamWParamState>();
    const auto moment = [&](const std::string& part) {
      return stored(tensors, name + part, parameter.sizes()).to(parameter.device()).clone();
    };
    state->exp_avg(moment(".exp_avg")).exp_avg_sq(moment(".exp_avg_sq"));
    state->step(tensors.at(name + ".steps").item<int64_t>());
    impl_->adam->state()[parameter.unsafeGetTensorImpl()] = std::move(state);
  }
  if (impl_->muon) impl_->muon->load(tensors);
}

void Optimizer::set_learning_rate(double value) {
  impl_->learning_rate = value;
  for (torch::optim::OptimizerParamGroup& group : impl_->adam->param_groups()) {
    static_cast<torch::optim::AdamWOptions&>(group.options()).lr(value);
  }
}

}  // namespace fcclip::train
