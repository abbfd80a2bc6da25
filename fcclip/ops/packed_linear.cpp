#include "fcclip/ops/packed_linear.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/mlp_rows.h"

namespace fcclip::ops {
namespace {

// 2 rounds of weights through the caches at most for the usual numbers of rows.
constexpr int64_t kLargestLinearBlock = 192;

std::vector<int64_t> with_last(at::IntArrayRef sizes, int64_t last) {
  std::vector<int64_t> shape = sizes.vec();
  if (shape.empty()) fail(ErrorCode::shape_mismatch, "x: expected at least one axis, got []");
  shape.back() = last;
  return shape;
}

at::Tensor checked_rows(const at::Tensor& x, int64_t width) {
  check_dtype("x", x, at::kFloat);
  const at::Tensor rows = x.reshape({-1, x.size(-1)}).contiguous();
  check_shape("x", rows, {kAny, width});
  return rows;
}

at::Tensor checked_residual(const at::Tensor& residual, at::IntArrayRef shape) {
  if (!residual.defined()) return {};
  check_shape("residual", residual, shape);
  check_dtype("residual", residual, at::kFloat);
  return residual.contiguous();
}

const float* data_or_null(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<float>() : nullptr;
}

}  // namespace

at::Tensor apply_activation(Activation activation, const at::Tensor& x) {
  switch (activation) {
    case Activation::relu:
      return at::relu(x);
    case Activation::gelu:
      return at::gelu(x);
    case Activation::quick_gelu:
      return x * at::sigmoid(1.702 * x);
    case Activation::none:
      break;
  }
  return x;
}

PackedLinear::PackedLinear(const at::Tensor& weight, const at::Tensor& bias, Isa isa) {
  check_shape("weight", weight, {kAny, kAny});
  if (bias.defined()) {
    check_shape("bias", bias, {weight.size(0)});
    bias_ = bias.detach().contiguous();
  }
  if (weight.is_cpu()) {
    packed_ = PackedMatrix(weight, {}, isa);
  } else {
    weight_ = weight.detach();
  }
}

at::Tensor PackedLinear::operator()(const at::Tensor& x, Activation activation,
                                    const at::Tensor& residual) const {
  if (!packed_.defined()) {
    const at::Tensor y = apply_activation(activation, at::linear(x, weight_, bias_));
    return residual.defined() ? y + residual : y;
  }
  const std::vector<int64_t> shape = with_last(x.sizes(), packed_.n());
  const at::Tensor rows = checked_rows(x, packed_.k());
  const at::Tensor added = checked_residual(residual, shape);
  at::Tensor y = at::empty(shape, x.options());

  GemmJob job = packed_.job();
  job.bias = data_or_null(bias_);
  job.activation = activation;
  job.lda = packed_.k();
  job.ld_residual = packed_.n();
  job.ldc = packed_.n();
  const float* from = rows.const_data_ptr<float>();
  const float* extra = data_or_null(added);
  float* to = y.mutable_data_ptr<float>();
  for_each_block(row_blocks(rows.size(0), kLargestLinearBlock, packed_.shape().rows),
                 [&](int64_t begin, int64_t end, int64_t) {
                   GemmJob part = job;
                   part.a = from + begin * job.lda;
                   part.residual = extra ? extra + begin * job.ldc : nullptr;
                   part.c = to + begin * job.ldc;
                   part.rows = end - begin;
                   packed_.multiply(part);
                 });
  return y;
}

at::Tensor packed_mlp(const PackedLinear& first, Activation activation, const PackedLinear& second,
                      const at::Tensor& x, const at::Tensor& residual) {
  if (!first.packed_.defined()) return second(first(x, activation), Activation::none, residual);
  check_shape("weight of the second layer", at::empty({0, second.packed_.k()}),
              {0, first.packed_.n()});
  const std::vector<int64_t> shape = with_last(x.sizes(), second.packed_.n());
  const at::Tensor rows = checked_rows(x, first.packed_.k());
  const at::Tensor added = checked_residual(residual, shape);
  at::Tensor y = at::empty(shape, x.options());

  const MlpRows mlp{&first.packed_, &second.packed_, data_or_null(first.bias_),
                    data_or_null(second.bias_), activation};
  const RowBlocks blocks = row_blocks(rows.size(0), mlp.block_rows(), first.packed_.shape().rows);
  at::Tensor workspace =
      at::empty({blocks.workers, mlp.workspace_floats(blocks.block)}, at::kFloat);
  const float* from = rows.const_data_ptr<float>();
  const float* extra = data_or_null(added);
  float* to = y.mutable_data_ptr<float>();
  float* hidden = workspace.mutable_data_ptr<float>();
  for_each_block(blocks, [&](int64_t begin, int64_t end, int64_t worker) {
    mlp.run(
        {from + begin * rows.size(1), rows.size(1), extra ? extra + begin * shape.back() : nullptr,
         to + begin * shape.back(), end - begin},
        hidden + worker * workspace.size(1));
  });
  return y;
}

}  // namespace fcclip::ops
