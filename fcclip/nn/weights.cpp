#include "fcclip/nn/weights.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/finite.h"

namespace fcclip::nn {

double Weight::fan_in() const {
  double count = 1;
  for (size_t i = 1; i < shape.size(); ++i) count *= static_cast<double>(shape[i]);
  return count;
}

void WeightTable::add(std::string name, at::Tensor& member, std::vector<int64_t> shape,
                      WeightRole role) {
  rows_.push_back({std::move(name), &member, std::move(shape), role});
}

void WeightTable::append(const WeightTable& other) {
  rows_.insert(rows_.end(), other.rows_.begin(), other.rows_.end());
}

const Weight* WeightTable::find(std::string_view name) const {
  for (const Weight& row : rows_) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

namespace {

void check_finite(const std::string& name, const at::Tensor& value) {
  if (!ops::all_finite(value)) {
    fail(ErrorCode::missing_tensor, "tensor ", name,
         " has values that are not finite; the file is damaged or training diverged");
  }
}

}  // namespace

void load_weights(const WeightTable& table, const WeightSource& source, at::Device device) {
  for (const Weight& row : table.rows()) {
    at::Tensor value = source(row.name);
    if (!value.defined()) {
      fail(ErrorCode::missing_tensor, "tensor ", row.name, " ", shape_string(row.shape),
           " is missing from the file");
    }
    check_shape("tensor " + row.name, value, row.shape);
    if (!value.is_floating_point()) {
      fail(ErrorCode::shape_mismatch, "tensor ", row.name, ": expected floating point, got ",
           c10::toString(value.scalar_type()));
    }
    value = value.to(device, at::kFloat).contiguous();
    if (value.numel() > 0) check_finite(row.name, value);
    *row.member = value;
  }
}

}  // namespace fcclip::nn
