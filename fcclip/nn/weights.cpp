#include "fcclip/nn/weights.h"

#include <atomic>
#include <cmath>
#include <cstring>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/check.h"

namespace fcclip::nn {

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

// An exponent of all ones is infinity or NaN. Integers, in blocks of a fixed size: the compiler
// vectorises this, and one pass over a mapped file runs at the speed of its pages.
bool block_is_finite(const float* data, int64_t count) {
  constexpr uint32_t kExponent = 0x7F800000;
  constexpr int64_t kBlock = 512;
  uint32_t found = 0;
  int64_t i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    uint32_t bits[kBlock];
    std::memcpy(bits, data + i, sizeof bits);
    for (int64_t j = 0; j < kBlock; ++j) found |= (bits[j] & kExponent) == kExponent ? 1U : 0U;
  }
  for (; i < count; ++i) found |= std::isfinite(data[i]) ? 0U : 1U;
  return found == 0;
}

void check_finite(const std::string& name, const at::Tensor& value) {
  if (!is_finite(value)) {
    fail(ErrorCode::missing_tensor, "tensor ", name,
         " has values that are not finite; the file is damaged or training diverged");
  }
}

}  // namespace

bool is_finite(const at::Tensor& value) {
  const bool plain = value.is_cpu() && value.scalar_type() == at::kFloat && value.is_contiguous();
  if (!plain) return value.isfinite().all().item<bool>();
  constexpr int64_t kGrain = int64_t{1} << 18;
  const float* data = value.const_data_ptr<float>();
  std::atomic<bool> finite = true;
  at::parallel_for(0, value.numel(), kGrain, [&](int64_t begin, int64_t end) {
    if (!block_is_finite(data + begin, end - begin)) finite = false;
  });
  return finite;
}

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
