#include "fcclip/engine/adamw.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/engine/stored_tensor.h"

namespace fcclip::engine {

AdamW::AdamW(std::vector<const nn::Weight*> weights, const AdamWOptions& options)
    : weights_(std::move(weights)), moments_(weights_.size()), options_(options) {}

void AdamW::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> values[2], gradients[2], means[2], squares[2], steps[2];
  for (size_t i = 0; i < weights_.size(); ++i) {
    const at::Tensor& value = *weights_[i]->member;
    if (!value.grad().defined()) continue;
    Moments& moments = moments_[i];
    if (!moments.steps.defined()) {
      const at::Tensor zeros = at::zeros_like(value);
      moments = {zeros, zeros.clone(), at::zeros({}, value.options().dtype(at::kFloat))};
    }
    const int group = weights_[i]->role == nn::WeightRole::weight ? 1 : 0;
    values[group].push_back(value);
    gradients[group].push_back(value.grad());
    means[group].push_back(moments.mean);
    squares[group].push_back(moments.square);
    steps[group].push_back(moments.steps);
  }
  for (const int group : {0, 1}) {
    if (values[group].empty()) continue;
    at::_foreach_add_(steps[group], 1);
    at::_fused_adamw_(values[group], gradients[group], means[group], squares[group], {},
                      steps[group], learning_rate, options_.beta1, options_.beta2,
                      group == 1 ? options_.weight_decay : 0, options_.eps, /*amsgrad=*/false,
                      /*maximize=*/false);
  }
}

void AdamW::save(std::map<std::string, at::Tensor>& tensors) const {
  for (size_t i = 0; i < weights_.size(); ++i) {
    const Moments& moments = moments_[i];
    if (!moments.steps.defined()) continue;
    const std::string& name = weights_[i]->name;
    tensors[name + ".exp_avg"] = moments.mean;
    tensors[name + ".exp_avg_sq"] = moments.square;
    tensors[name + ".steps"] =
        at::scalar_tensor(std::lround(moments.steps.item<double>()), at::kLong);
  }
}

void AdamW::load(const std::map<std::string, at::Tensor>& tensors) {
  for (size_t i = 0; i < weights_.size(); ++i) {
    const std::string& name = weights_[i]->name;
    const at::Tensor& value = *weights_[i]->member;
    moments_[i] = {};
    if (!tensors.contains(name + ".steps")) continue;
    const auto moment = [&](const char* part) {
      return stored_tensor(tensors, name + part, value.sizes()).to(value.device()).clone();
    };
    const at::Tensor steps = tensors.at(name + ".steps").to(value.device(), at::kFloat);
    moments_[i] = {moment(".exp_avg"), moment(".exp_avg_sq"), steps.reshape({}).clone()};
  }
}

}  // namespace fcclip::engine
