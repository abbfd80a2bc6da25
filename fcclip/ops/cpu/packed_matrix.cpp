#include "fcclip/ops/cpu/packed_matrix.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/cpu/kernel_table.h"

namespace fcclip::ops::cpu {
namespace {

// A matrix from some column on, and a factor for each of its rows (or nullptr).
struct Columns {
  const float* w;
  const float* scale;
};

// Rows [row, row + shape.panel) of the first `depth` columns, one column after another.
void pack_panel(const PackShape& shape, const Columns& from, int64_t row, int64_t depth,
                float* out) {
  const auto [w, scale] = from;
  for (int64_t r = 0; r < shape.panel; ++r) {
    const bool inside = row + r < shape.n;
    const float factor = inside && scale ? scale[row + r] : 1.0f;
    for (int64_t k = 0; k < depth; ++k) {
      out[k * shape.panel + r] = inside ? w[(row + r) * shape.k + k] * factor : 0.0f;
    }
  }
}

}  // namespace

PackedMatrix::PackedMatrix(const at::Tensor& weight, const at::Tensor& row_scale, Isa isa)
    : isa_(isa) {
  check_shape("weight", weight, {kAny, kAny});
  check_dtype("weight", weight, at::kFloat);
  if (row_scale.defined()) check_shape("row_scale", row_scale, {weight.size(0)});
  shape_ = kernels(isa).pack_shape(weight.size(0), weight.size(1));
  data_ = at::empty({shape_.floats()}, at::kFloat);

  const at::Tensor w = weight.detach().contiguous();
  const at::Tensor scale = row_scale.defined() ? row_scale.detach().contiguous() : at::Tensor();
  const float* scales = scale.defined() ? scale.const_data_ptr<float>() : nullptr;
  const float* from = w.const_data_ptr<float>();
  float* to = data_.mutable_data_ptr<float>();
  const int64_t panels = shape_.padded_n() / shape_.panel;
  at::parallel_for(0, panels, 4, [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; ++panel) {
      for (int64_t k = 0; k < shape_.k; k += shape_.depth) {
        const int64_t depth = std::min(shape_.depth, shape_.k - k);
        pack_panel(shape_, {from + k, scales}, panel * shape_.panel, depth,
                   to + k * shape_.padded_n() + panel * shape_.panel * depth);
      }
    }
  });
}

GemmJob PackedMatrix::job() const {
  GemmJob job;
  job.shape = shape_;
  job.packed = data_.const_data_ptr<float>();
  return job;
}

void PackedMatrix::multiply(const GemmJob& job) const {
  kernels(isa_).gemm(job);
}

}  // namespace fcclip::ops::cpu
