#include "fcclip/engine/precision.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>

#include "fcclip/core/choice.h"
#include "fcclip/core/error.h"

namespace fcclip::engine {
namespace {

constexpr double kFirstScale = 65536;
constexpr int64_t kGrowthSteps = 2000;

at::Tensor unscale_gradients(const std::vector<at::Tensor>& gradients, double factor) {
  const at::TensorOptions number = gradients.front().options().dtype(at::kFloat);
  at::Tensor found_inf = at::zeros({1}, number);
  at::_amp_foreach_non_finite_check_and_unscale_(gradients, found_inf,
                                                 at::full({1}, factor, number));
  return found_inf;
}

}  // namespace

Precision parse_precision(const std::string& name, at::DeviceType device) {
  const Precision fastest = device == at::kCUDA ? Precision::bfloat16 : Precision::float32;
  const auto precision = choose<Precision>(name, "precision",
                                           {{"auto", fastest},
                                            {"float32", Precision::float32},
                                            {"bfloat16", Precision::bfloat16},
                                            {"float16", Precision::float16}});
  if (precision == Precision::float16 && device != at::kCUDA) {
    fail(ErrorCode::unsupported,
         "precision float16 needs a CUDA device; take bfloat16 or float32 on a CPU");
  }
  return precision;
}

AutocastRegion::AutocastRegion(Precision precision, at::DeviceType device)
    : device_(device), active_(precision != Precision::float32) {
  if (!active_) return;
  before_ = at::autocast::is_autocast_enabled(device);
  dtype_before_ = at::autocast::get_autocast_dtype(device);
  at::autocast::set_autocast_dtype(device,
                                   precision == Precision::bfloat16 ? at::kBFloat16 : at::kHalf);
  at::autocast::set_autocast_enabled(device, true);
  at::autocast::increment_nesting();
}

AutocastRegion::~AutocastRegion() {
  if (!active_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, before_);
  at::autocast::set_autocast_dtype(device_, dtype_before_);
}

LossScaler::LossScaler(Precision precision)
    : active_(precision == Precision::float16), scale_(active_ ? kFirstScale : 1) {}

void LossScaler::restore(double value, int64_t good_steps) {
  if (!active_) return;
  scale_ = value;
  good_steps_ = good_steps;
}

at::Tensor LossScaler::unscale(const std::vector<at::Tensor>& parameters) const {
  if (!active_) return {};
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  if (gradients.empty()) return at::zeros({1}, parameters.front().options());
  return unscale_gradients(gradients, 1 / scale_);
}

void LossScaler::react(bool finite) {
  if (!active_) return;
  good_steps_ = finite ? good_steps_ + 1 : 0;
  if (!finite) {
    scale_ = std::max(scale_ / 2, 1.0);
  } else if (good_steps_ == kGrowthSteps) {
    scale_ *= 2;
    good_steps_ = 0;
  }
}

}  // namespace fcclip::engine
