#include "fcclip/engine/optimizer.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/core/choice.h"
#include "fcclip/core/error.h"
#include "fcclip/engine/adamw.h"
#include "fcclip/engine/figures.h"
#include "fcclip/engine/muon.h"
#include "fcclip/engine/sgd.h"
#include "fcclip/engine/stored_tensor.h"

namespace fcclip::engine {
namespace {

std::vector<at::Tensor> gradients_of(const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  return gradients;
}

// As torch.nn.utils.clip_grad_norm_ and clip_grad_value_, but for `most` 0, which leaves them;
// returns the norm before. Nothing is read: a device is not waited for.
at::Tensor clip_gradients(const std::vector<at::Tensor>& gradients, ClipKind kind, double most) {
  constexpr double kEps = 1e-6;
  const at::Tensor norm = at::stack(at::_foreach_norm(gradients)).norm();
  if (most <= 0) return norm;
  if (kind == ClipKind::value) {
    for (const at::Tensor& gradient : gradients) gradient.clamp_(-most, most);
    return norm;
  }
  if (kind == ClipKind::each) {
    for (const at::Tensor& gradient : gradients) {
      gradient.mul_((most / (gradient.norm() + kEps)).clamp_max(1));
    }
    return norm;
  }
  // In double precision: the factor is then rounded once, as one that the host had calculated.
  const at::Tensor factor = (most / (norm.to(at::kDouble) + kEps)).clamp_max(1);
  at::_foreach_mul_(gradients, factor.to(gradients.front().scalar_type()));
  return norm;
}

}  // namespace

OptimizerKind parse_optimizer_kind(const std::string& name, const std::string& setting) {
  return choose<OptimizerKind>(name, setting,
                               {{"adamw", OptimizerKind::adamw}, {"sgd", OptimizerKind::sgd}});
}

ClipKind parse_clip_kind(const std::string& name, const std::string& setting) {
  return choose<ClipKind>(
      name, setting,
      {{"all", ClipKind::all}, {"each", ClipKind::each}, {"value", ClipKind::value}});
}

void check_gradient_norm(double norm) {
  if (!std::isfinite(norm)) {
    fail(ErrorCode::diverged, "gradient_norm is not finite (", norm, ")");
  }
}

std::vector<const nn::Weight*> trainable_weights(const nn::WeightTable& table) {
  std::vector<const nn::Weight*> weights;
  for (const nn::Weight& row : table.rows()) {
    if (row.role != nn::WeightRole::statistic) weights.push_back(&row);
  }
  return weights;
}

struct Optimizer::Impl {
  std::unique_ptr<AdamW> adam;
  std::unique_ptr<Sgd> sgd;    // in place of AdamW
  std::unique_ptr<Muon> muon;  // nullptr: everything is of the one above
  double learning_rate = 0;
  std::vector<at::Tensor> parameters;
};

Optimizer::Optimizer(std::vector<const nn::Weight*> weights, const OptimizerOptions& options,
                     const Processes* processes)
    : weights_(std::move(weights)), options_(options), impl_(std::make_unique<Impl>()) {
  std::vector<const nn::Weight*> mixing, others;
  for (const nn::Weight* weight : weights_) {
    // A copy: a loaded weight may be a view of a mapped file.
    *weight->member = weight->member->detach().clone().requires_grad_();
    impl_->parameters.push_back(*weight->member);
    (options.muon && is_mixing_matrix(*weight) ? mixing : others).push_back(weight);
  }
  if (options.kind == OptimizerKind::sgd) {
    impl_->sgd = std::make_unique<Sgd>(std::move(others),
                                       SgdOptions{options.momentum, options.weight_decay});
  } else {
    impl_->adam = std::make_unique<AdamW>(
        std::move(others),
        AdamWOptions{options.beta1, options.beta2, options.eps, options.weight_decay});
  }
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

at::Tensor Optimizer::clip() {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> gradients = gradients_of(impl_->parameters);
  if (gradients.empty()) return at::zeros({}, impl_->parameters.front().options());
  return clip_gradients(gradients, options_.clip, options_.clip_norm);
}

void Optimizer::update() {
  const at::NoGradGuard no_grad;
  if (impl_->adam) impl_->adam->step(impl_->learning_rate);
  if (impl_->sgd) impl_->sgd->step(impl_->learning_rate);
  if (impl_->muon) impl_->muon->step(impl_->learning_rate);
}

double Optimizer::step() {
  const double norm = read_figures({clip()}).front();
  check_gradient_norm(norm);
  update();
  return norm;
}

void Optimizer::save(std::map<std::string, at::Tensor>& tensors) const {
  for (const nn::Weight* weight : weights_) tensors[weight->name] = weight->member->detach();
  if (impl_->adam) impl_->adam->save(tensors);
  if (impl_->sgd) impl_->sgd->save(tensors);
  if (impl_->muon) impl_->muon->save(tensors);
}

void Optimizer::load(const std::map<std::string, at::Tensor>& tensors) {
  const at::NoGradGuard no_grad;
  for (const nn::Weight* weight : weights_) {
    weight->member->copy_(stored_tensor(tensors, weight->name, weight->member->sizes()));
  }
  if (impl_->adam) impl_->adam->load(tensors);
  if (impl_->sgd) impl_->sgd->load(tensors);
  if (impl_->muon) impl_->muon->load(tensors);
}

void Optimizer::set_learning_rate(double value) {
  impl_->learning_rate = value;
}

}  // namespace fcclip::engine
