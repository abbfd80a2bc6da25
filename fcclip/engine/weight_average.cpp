#include "fcclip/engine/weight_average.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/core/error.h"
#include "fcclip/engine/stored_tensor.h"

namespace fcclip::engine {

WeightAverage::WeightAverage(std::vector<const nn::Weight*> weights, double decay)
    : weights_(std::move(weights)), decay_(decay) {
  if (decay_ == 0) return;
  for (const nn::Weight* weight : weights_) average_.push_back(weight->member->detach().clone());
}

void WeightAverage::update() {
  if (decay_ == 0) return;
  const at::NoGradGuard no_grad;
  const double n = static_cast<double>(updates_++);
  const double keep = std::min(decay_, (1 + n) / (10 + n));
  std::vector<at::Tensor> now;
  for (const nn::Weight* weight : weights_) now.push_back(weight->member->detach());
  at::_foreach_lerp_(average_, now, 1 - keep);
}

void WeightAverage::swap() {
  if (decay_ == 0) return;
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < weights_.size(); ++i) {
    const at::Tensor now = weights_[i]->member->detach().clone();
    weights_[i]->member->copy_(average_[i]);
    average_[i].copy_(now);
  }
}

void WeightAverage::save(std::map<std::string, at::Tensor>& tensors) const {
  if (decay_ == 0) return;
  for (size_t i = 0; i < weights_.size(); ++i) {
    tensors[weights_[i]->name + ".average"] = average_[i];
  }
  tensors["average.updates"] = at::scalar_tensor(updates_, at::kLong);
}

void WeightAverage::load(const std::map<std::string, at::Tensor>& tensors) {
  if (decay_ == 0) return;
  if (!tensors.contains("average.updates")) {
    fail(ErrorCode::missing_tensor, "the checkpoint was made without an average of the weights");
  }
  for (size_t i = 0; i < weights_.size(); ++i) {
    average_[i].copy_(stored_tensor(tensors, weights_[i]->name + ".average", average_[i].sizes()));
  }
  updates_ = tensors.at("average.updates").item<int64_t>();
}

}  // namespace fcclip::engine
