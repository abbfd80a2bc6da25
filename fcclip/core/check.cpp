#include "fcclip/core/check.h"

#include <ATen/ATen.h>

namespace fcclip {
namespace {

std::string expected_string(at::IntArrayRef shape) {
  std::ostringstream out;
  out << '[';
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) out << ", ";
    if (shape[i] == kAny) {
      out << '*';
    } else {
      out << shape[i];
    }
  }
  out << ']';
  return out.str();
}

bool matches(at::IntArrayRef got, at::IntArrayRef expected) {
  if (got.size() != expected.size()) return false;
  for (size_t i = 0; i < got.size(); ++i) {
    if (expected[i] != kAny && expected[i] != got[i]) return false;
  }
  return true;
}

}  // namespace

std::string shape_string(at::IntArrayRef shape) {
  return expected_string(shape);
}

void check_shape(std::string_view what, const at::Tensor& tensor, at::IntArrayRef expected) {
  if (!tensor.defined()) {
    fail(ErrorCode::shape_mismatch, what, ": expected a tensor ", expected_string(expected),
         ", got none");
  }
  if (!matches(tensor.sizes(), expected)) {
    fail(ErrorCode::shape_mismatch, what, ": expected shape ", expected_string(expected), ", got ",
         shape_string(tensor.sizes()));
  }
}

void check_dtype(std::string_view what, const at::Tensor& tensor, at::ScalarType expected) {
  if (tensor.scalar_type() != expected) {
    fail(ErrorCode::shape_mismatch, what, ": expected dtype ", c10::toString(expected), ", got ",
         c10::toString(tensor.scalar_type()));
  }
}

void check_counts(std::string_view what, at::IntArrayRef values, int64_t most) {
  for (const int64_t value : values) {
    if (value < 1 || value > most) {
      fail(ErrorCode::invalid_argument, what, ": expected 1 to ", most, ", got ", value);
    }
  }
}

}  // namespace fcclip
