#pragma once
// Two matrix products with the rows between them in a workspace of one core.

#include <algorithm>

#include "fcclip/ops/cpu/packed_matrix.h"
#include "fcclip/ops/cpu/row_blocks.h"

namespace fcclip::ops::cpu {

/// y[r, :] = residual[r, :] + W₂ act(W₁ x[r, :] + bias₁) + bias₂.
struct MlpRows {
  const PackedMatrix *first = nullptr, *second = nullptr;
  const float *first_bias = nullptr, *second_bias = nullptr;
  Activation activation = Activation::gelu;

  /// Measured: 96 rows are enough to read the weights seldom and few enough for their hidden part
  /// to stay close; from a width of 1,000 on the weights come from memory, which more rows use
  /// better.
  int64_t block_rows() const { return std::clamp<int64_t>(second->n() / 10, 96, 192); }
  int64_t workspace_floats(int64_t rows) const { return rows * workspace_stride(first->n()); }

  /// residual may be nullptr; it must not overlap y.
  struct Rows {
    const float* x;
    int64_t ldx;
    const float* residual;
    float* y;
    int64_t rows;
  };
  void run(const Rows& block, float* workspace) const {
    const auto [x, ldx, residual, y, rows] = block;
    GemmJob job = first->job();
    job.bias = first_bias;
    job.activation = activation;
    job.a = x;
    job.lda = ldx;
    job.c = workspace;
    job.ldc = workspace_stride(first->n());
    job.rows = rows;
    first->multiply(job);

    GemmJob next = second->job();
    next.bias = second_bias;
    next.a = workspace;
    next.lda = job.ldc;
    next.residual = residual;
    next.ld_residual = second->n();
    next.c = y;
    next.ldc = second->n();
    next.rows = rows;
    second->multiply(next);
  }
};

}  // namespace fcclip::ops::cpu
