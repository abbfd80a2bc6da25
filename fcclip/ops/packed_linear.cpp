#include "fcclip/ops/packed_linear.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/dispatch.h"

namespace fcclip::ops {

at::ScalarType linear_dtype(Products products, const at::Tensor& weight) {
  const bool has_own_products =
      !weight.is_cuda() && implementation(weight.device().type()).name != "aten";
  return has_own_products ? at::kFloat : dtype_of(products);
}

PackedLinear::PackedLinear(const LinearWeights& weights, Products products) {
  check_shape("weight", weights.weight, {kAny, kAny});
  check_dtype("weight", weights.weight, at::kFloat);
  check_shape("bias", weights.bias, {weights.weight.size(0)});
  const at::ScalarType type = linear_dtype(products, weights.weight);
  weights_ = {weights.weight.detach().to(type), weights.bias.detach().to(type)};
}

at::Tensor PackedLinear::operator()(const at::Tensor& x) const {
  return at::linear(x.to(weights_.weight.scalar_type()), weights_.weight, weights_.bias)
      .to(at::kFloat);
}

}  // namespace fcclip::ops
