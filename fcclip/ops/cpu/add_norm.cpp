#include "fcclip/ops/cpu/add_norm.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/dispatch.h"

namespace fcclip::ops::cpu {
namespace {

void check_norm_rows(std::string_view what, const at::Tensor& rows, const at::Tensor& like) {
  check_shape(what, rows, like.sizes());
  check_dtype(what, rows, at::kFloat);
  check_dense(what, rows, at::kCPU);
}

AddNormRows add_norm_job(const at::Tensor& x, const at::Tensor& y, const LayerNormWeights& norm,
                         const at::Tensor& out) {
  check_norm_rows("add_norm: x", x, x);
  check_norm_rows("add_norm: y", y, x);
  check_norm_rows("add_norm: out", out, x);
  check_shape("add_norm: weight", norm.weight, {x.size(-1)});
  check_shape("add_norm: bias", norm.bias, {x.size(-1)});
  AddNormRows job;
  job.x = x.const_data_ptr<float>();
  job.y = y.const_data_ptr<float>();
  job.weight = norm.weight.const_data_ptr<float>();
  job.bias = norm.bias.const_data_ptr<float>();
  job.out = out.data_ptr<float>();
  job.channels = x.size(-1);
  job.eps = static_cast<float>(norm.eps);
  return job;
}

}  // namespace

void add_norm(const at::Tensor& x, const at::Tensor& y, const LayerNormWeights& norm,
              const at::Tensor& out) {
  if (x.numel() == 0) return;
  kernels().add_norm(add_norm_job(x, y, norm, out), 0, x.numel() / x.size(-1));
}

}  // namespace fcclip::ops::cpu
