#pragma once
// Products with packed weights, as tests of their kernels ask for them.

#include <string>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/ops/cpu/packed_matrix.h"
#include "tests/support/goldens.h"

namespace fcclip::ops::cpu {

inline at::Tensor numbers(const std::string& key, at::IntArrayRef shape) {
  return test::formula_tensor("packed_matrix:", key, shape, -1, 1);
}

struct Shape {
  int64_t rows, in, out;
};

// Around the tiles of every instruction set (6 × 8, 6 × 16, 14 × 32, 32 × 32), around the blocks of
// columns (256, 512), and more rows than one block has.
inline const Shape kShapes[] = {{1, 1, 1},     {5, 3, 7},     {6, 16, 16},
                                {13, 17, 33},  {14, 256, 32}, {29, 257, 40},
                                {97, 513, 65}, {3, 1100, 20}, {700, 24, 48}};

// act(x Wᵀ + bias) + residual, as the kernel does it; bias and residual may be undefined.
struct Follow {
  at::Tensor bias, residual;
  Activation activation = Activation::none;
};

// All but where the result goes.
inline GemmJob job_of(const PackedMatrix& matrix, const at::Tensor& x, const Follow& follow) {
  GemmJob job = matrix.job();
  if (follow.bias.defined()) job.bias = follow.bias.const_data_ptr<float>();
  if (follow.residual.defined()) job.residual = follow.residual.const_data_ptr<float>();
  job.activation = follow.activation;
  job.a = x.const_data_ptr<float>();
  job.lda = matrix.k();
  job.ld_residual = matrix.n();
  job.rows = x.size(0);
  return job;
}

inline at::Tensor multiplied(const PackedMatrix& matrix, const at::Tensor& x,
                             const Follow& follow) {
  const at::Tensor y = at::full({x.size(0), matrix.n()}, 7.0f);
  GemmJob job = job_of(matrix, x, follow);
  job.ldc = matrix.n();
  job.c = y.data_ptr<float>();
  matrix.multiply(job);
  return y;
}

/// The product inside of something larger, of which nothing else may be written. run: does the job, with its scratch.
template <typename Run>
at::Tensor multiplied_within(const PackedMatrix& matrix, const at::Tensor& x, const Run& run) {
  const at::Tensor around = at::full({x.size(0) + 3, matrix.n() + 5}, 7.0f);
  GemmJob job = job_of(matrix, x, {});
  job.c = around.data_ptr<float>();
  job.ldc = around.size(1);
  run(job);
  const at::Tensor inside = around.narrow(0, 0, x.size(0)).narrow(1, 0, matrix.n());
  at::Tensor result = inside.clone();
  inside.fill_(7.0f);
  EXPECT_TRUE(around.equal(at::full_like(around, 7.0f)));
  return result;
}

}  // namespace fcclip::ops::cpu
