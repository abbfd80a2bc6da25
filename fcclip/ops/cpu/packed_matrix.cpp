#include "fcclip/ops/cpu/packed_matrix.h"

#include <algorithm>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/cpu/bf16_kernels.h"
#include "fcclip/ops/cpu/kernel_table.h"

namespace fcclip::ops::cpu {
namespace {

// Asked for only where need_products() is content.
const Bf16Kernels& bf16() {
#ifdef FCCLIP_X86
  static const Bf16Kernels kernels = avx512bf16::bf16_kernels();
#else
  static const Bf16Kernels kernels;
#endif
  return kernels;
}

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

// The same in pairs of columns; a zero behind an odd number of them.
void pack_panel(const PackShape& shape, const Columns& from, int64_t row, int64_t depth,
                at::BFloat16* out) {
  const auto [w, scale] = from;
  const int64_t paired = depth + depth % 2;
  for (int64_t r = 0; r < shape.panel; ++r) {
    const bool inside = row + r < shape.n;
    const float factor = inside && scale ? scale[row + r] : 1.0f;
    for (int64_t k = 0; k < paired; ++k) {
      const float value = inside && k < depth ? w[(row + r) * shape.k + k] * factor : 0.0f;
      out[(k / 2 * shape.panel + r) * 2 + k % 2] = value;
    }
  }
}

template <typename Element>
at::Tensor pack(const PackShape& shape, const Columns& from) {
  const int64_t columns = shape.k + (sizeof(Element) == 2 ? shape.k % 2 : 0);
  at::Tensor data =
      at::empty({shape.padded_n() * columns}, c10::CppTypeToScalarType<Element>::value);
  auto* to = data.mutable_data_ptr<Element>();
  at::parallel_for(0, shape.padded_n() / shape.panel, 4, [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; ++panel) {
      for (int64_t k = 0; k < shape.k; k += shape.depth) {
        const int64_t depth = std::min(shape.depth, shape.k - k);
        const int64_t stored = std::min(shape.depth, columns - k);
        pack_panel(shape, {from.w + k, from.scale}, panel * shape.panel, depth,
                   to + k * shape.padded_n() + panel * shape.panel * stored);
      }
    }
  });
  return data;
}

}  // namespace

PackedMatrix::PackedMatrix(const at::Tensor& weight, const at::Tensor& row_scale, Isa isa,
                           Products products)
    : isa_(isa), products_(products) {
  check_shape("weight", weight, {kAny, kAny});
  check_dtype("weight", weight, at::kFloat);
  if (row_scale.defined()) check_shape("row_scale", row_scale, {weight.size(0)});
  const bool in_bf16 = products == Products::bfloat16;
  if (in_bf16) need_products(products, at::kCPU);
  const auto shape_of = in_bf16 ? bf16().pack_shape : kernels(isa).pack_shape;
  shape_ = shape_of(weight.size(0), weight.size(1));
  const at::Tensor w = weight.detach().contiguous();
  const at::Tensor scale = row_scale.defined() ? row_scale.detach().contiguous() : at::Tensor();
  const Columns all = {w.const_data_ptr<float>(),
                       scale.defined() ? scale.const_data_ptr<float>() : nullptr};
  data_ = in_bf16 ? pack<at::BFloat16>(shape_, all) : pack<float>(shape_, all);
}

GemmJob PackedMatrix::job() const {
  GemmJob job;
  job.shape = shape_;
  if (products_ == Products::bfloat16) {
    job.packed_bf16 = reinterpret_cast<const uint16_t*>(data_.const_data_ptr<at::BFloat16>());
  } else {
    job.packed = data_.const_data_ptr<float>();
  }
  return job;
}

void PackedMatrix::multiply(const GemmJob& job) const {
  if (products_ == Products::float32) return kernels(isa_).gemm(job);
  // Of each thread, and no larger than its largest block of rows.
  static thread_local std::vector<uint16_t> rounded;
  rounded.resize(std::max(rounded.size(), static_cast<size_t>(job.rows * shape_.depth)));
  GemmJob own = job;
  own.rounded_rows = rounded.data();
  bf16().gemm(own);
}

}  // namespace fcclip::ops::cpu
