#include "fcclip/model/int8_weights.h"

#include <algorithm>
#include <map>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/finite.h"
#include "fcclip/text/printable.h"

namespace fcclip::model {
namespace {

constexpr std::string_view kScaleEnding = ".int8_scale";
constexpr double kLargest = 127;

// One scale a channel, against every number of it.
at::Tensor beside(const at::Tensor& scales, const at::Tensor& weight) {
  std::vector<int64_t> shape(static_cast<size_t>(weight.dim()), 1);
  shape.front() = -1;
  return scales.view(shape);
}

std::string unscaled(const std::string& name) {
  return name.ends_with(kScaleEnding) ? name.substr(0, name.size() - kScaleEnding.size()) : "";
}

[[noreturn]] void refuse_without_scales(const std::string& name) {
  fail(ErrorCode::missing_tensor, "tensor ", text::printable(name),
       " is stored in 8 bits, and its scales (", text::printable(int8_scale_name(name)),
       ") are missing from the file; convert it anew");
}

}  // namespace

std::string int8_scale_name(const std::string& tensor) {
  return tensor + std::string(kScaleEnding);
}

bool is_stored_as_int8(const nn::Weight& weight) {
  constexpr double kLeastNumbers = 4096, kLeastFanIn = 16;
  if (weight.shape.size() < 2 || weight.role == nn::WeightRole::norm) return false;
  const double fan_in = weight.fan_in();
  return fan_in >= kLeastFanIn && fan_in * static_cast<double>(weight.shape[0]) >= kLeastNumbers;
}

Int8Weight to_int8(const at::Tensor& weight) {
  const at::Tensor plain = weight.detach().to(at::kFloat);
  const at::Tensor scales = plain.abs().flatten(1).amax(1) / kLargest;
  const at::Tensor divisor = at::where(scales > 0, scales, at::ones_like(scales));
  const at::Tensor numbers = (plain / beside(divisor, plain)).round().clamp(-kLargest, kLargest);
  return {numbers.to(at::kChar), scales};
}

at::Tensor from_int8(const std::string& name, const Int8Weight& weight) {
  const std::string what = "tensor " + text::printable(int8_scale_name(name));
  check_shape(
      "tensor " + text::printable(name) + " in 8 bits", weight.numbers,
      std::vector<int64_t>(static_cast<size_t>(std::max<int64_t>(weight.numbers.dim(), 1)), kAny));
  check_shape(what, weight.scales, {weight.numbers.size(0)});
  check_dtype(what, weight.scales, at::kFloat);
  if (!ops::all_finite(weight.scales) || weight.scales.lt(0).any().item<bool>()) {
    fail(ErrorCode::bad_format, what,
         " has scales that are negative or not finite; the file is damaged");
  }
  return weight.numbers.to(at::kFloat).mul_(beside(weight.scales, weight.numbers));
}

at::Tensor weight_of(const io::SafetensorsFile& file, const std::string& name) {
  if (!file.contains(name)) return {};
  const at::Tensor stored = file.tensor(name);
  if (stored.scalar_type() != at::kChar) return stored;
  if (!file.contains(int8_scale_name(name))) refuse_without_scales(name);
  return from_int8(name, {stored, file.tensor(int8_scale_name(name))});
}

bool is_int8_scale(const io::SafetensorsFile& file, const std::string& name) {
  const std::string of = unscaled(name);
  return !of.empty() && file.contains(of) && file.tensor(of).scalar_type() == at::kChar;
}

void restore_int8(io::NamedTensors& tensors) {
  std::map<std::string, at::Tensor> scales;
  for (const auto& [name, tensor] : tensors) {
    if (!unscaled(name).empty()) scales[unscaled(name)] = tensor;
  }
  std::erase_if(tensors, [](const auto& one) { return !unscaled(one.first).empty(); });
  for (auto& [name, tensor] : tensors) {
    if (tensor.scalar_type() != at::kChar) continue;
    const auto found = scales.find(name);
    if (found == scales.end()) refuse_without_scales(name);
    tensor = from_int8(name, {tensor, found->second});
  }
}

}  // namespace fcclip::model
