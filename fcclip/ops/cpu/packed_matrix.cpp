#include "fcclip/ops/cpu/packed_matrix.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/amx.h"
#include "fcclip/ops/cpu/kernel_table.h"

namespace fcclip::ops::cpu {
namespace {

// Asked for only where need_products() is content.
Bf16Kernels bf16(Isa isa) {
#ifdef FCCLIP_X86
  return isa == Isa::amx && may_use_tiles() ? amx::bf16_kernels() : avx512bf16::bf16_kernels();
#else
  return {};
#endif
}

Int8Kernels int8(Isa isa) {
#ifdef FCCLIP_X86
  const bool has_wide = isa >= Isa::avx512 && __builtin_cpu_supports("avx512vnni") != 0;
  return has_wide ? avx512vnni::int8_kernels() : avxvnni::int8_kernels();
#else
  return {};
#endif
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

// The same in pairs of columns, and zeros behind them.
void pack_panel(const PackShape& shape, const Columns& from, int64_t row, int64_t depth,
                at::BFloat16* out) {
  const auto [w, scale] = from;
  const int64_t stored = shape.whole_steps(depth);
  for (int64_t r = 0; r < shape.panel; ++r) {
    const bool inside = row + r < shape.n;
    const float factor = inside && scale ? scale[row + r] : 1.0f;
    for (int64_t k = 0; k < stored; ++k) {
      const float value = inside && k < depth ? w[(row + r) * shape.k + k] * factor : 0.0f;
      out[(k / 2 * shape.panel + r) * 2 + k % 2] = value;
    }
  }
}

// The same as whole numbers in fours of columns; zeros behind them; then factors and sums.
void pack_panel(const PackShape& shape, const Columns& from, int64_t row, int64_t depth,
                uint8_t* out) {
  const auto [w, scale] = from;
  const int64_t stored = (depth + 3) / 4 * 4;
  std::memset(out, 0, static_cast<size_t>((stored + kInt8Tail) * shape.panel));
  auto* numbers = reinterpret_cast<int8_t*>(out);
  for (int64_t r = 0; r < shape.panel && row + r < shape.n; ++r) {
    const float* line = w + (row + r) * shape.k;
    float largest = 0;
    for (int64_t k = 0; k < depth; ++k) largest = std::max(largest, std::abs(line[k]));
    const float inverse = largest > 0 ? 127 / largest : 0;
    const float factor = largest / 127 * (scale ? scale[row + r] : 1.0f);
    int32_t sum = 0;
    for (int64_t k = 0; k < depth; ++k) {
      const auto number = static_cast<int8_t>(std::nearbyint(line[k] * inverse));
      numbers[(k / 4 * shape.panel + r) * 4 + k % 4] = number;
      sum += number;
    }
    uint8_t* tail = out + stored * shape.panel + r * 4;
    std::memcpy(tail, &factor, sizeof factor);
    std::memcpy(tail + 4 * shape.panel, &sum, sizeof sum);
  }
}

at::Tensor pack_int8(const PackShape& shape, const Columns& from) {
  const int64_t blocks = (shape.k + shape.depth - 1) / std::max<int64_t>(shape.depth, 1);
  const int64_t columns = (shape.k + 3) / 4 * 4 + blocks * kInt8Tail;
  at::Tensor data = at::empty({shape.padded_n() * columns}, at::kByte);
  auto* to = data.mutable_data_ptr<uint8_t>();
  at::parallel_for(0, shape.padded_n() / shape.panel, 4, [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; ++panel) {
      for (int64_t block = 0; block < blocks; ++block) {
        const int64_t k = block * shape.depth, depth = std::min(shape.depth, shape.k - k);
        const int64_t stored = (depth + 3) / 4 * 4 + kInt8Tail;
        pack_panel(shape, {from.w + k, from.scale}, panel * shape.panel, depth,
                   to + (k + block * kInt8Tail) * shape.padded_n() + panel * shape.panel * stored);
      }
    }
  });
  return data;
}

template <typename Element>
at::Tensor pack(const PackShape& shape, const Columns& from) {
  const int64_t columns = shape.whole_steps(shape.k);
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
  if (products != Products::float32) need_products(products, at::kCPU);
  if (products == Products::bfloat16) bf16_ = bf16(isa);
  if (products == Products::int8) int8_ = int8(isa);
  pack_rows(weight, row_scale);
}

PackedMatrix::PackedMatrix(const at::Tensor& weight, const at::Tensor& row_scale,
                           const Bf16Kernels& kernels)
    : isa_(Isa::avx512), products_(Products::bfloat16), bf16_(kernels) {
  pack_rows(weight, row_scale);
}

PackedMatrix::PackedMatrix(const at::Tensor& weight, const at::Tensor& row_scale,
                           const Int8Kernels& kernels)
    : isa_(Isa::avx2), products_(Products::int8), int8_(kernels) {
  pack_rows(weight, row_scale);
}

void PackedMatrix::pack_rows(const at::Tensor& weight, const at::Tensor& row_scale) {
  check_shape("weight", weight, {kAny, kAny});
  check_dtype("weight", weight, at::kFloat);
  if (row_scale.defined()) check_shape("row_scale", row_scale, {weight.size(0)});
  const auto shape_of = products_ == Products::bfloat16 ? bf16_.pack_shape
                        : products_ == Products::int8   ? int8_.pack_shape
                                                        : kernels(isa_).pack_shape;
  shape_ = shape_of(weight.size(0), weight.size(1));
  const at::Tensor w = weight.detach().contiguous();
  const at::Tensor scale = row_scale.defined() ? row_scale.detach().contiguous() : at::Tensor();
  const Columns all = {w.const_data_ptr<float>(),
                       scale.defined() ? scale.const_data_ptr<float>() : nullptr};
  data_ = products_ == Products::bfloat16 ? pack<at::BFloat16>(shape_, all)
          : products_ == Products::int8   ? pack_int8(shape_, all)
                                          : pack<float>(shape_, all);
}

GemmJob PackedMatrix::job() const {
  GemmJob job;
  job.shape = shape_;
  if (products_ == Products::bfloat16) {
    job.packed_bf16 = reinterpret_cast<const uint16_t*>(data_.const_data_ptr<at::BFloat16>());
  } else if (products_ == Products::int8) {
    job.packed_int8 = data_.const_data_ptr<uint8_t>();
  } else {
    job.packed = data_.const_data_ptr<float>();
  }
  return job;
}

void PackedMatrix::multiply(const GemmJob& job) const {
  if (products_ == Products::float32) return kernels(isa_).gemm(job);
  // Of each thread, and no larger than its largest block of rows.
  static thread_local std::vector<uint16_t> rounded;
  GemmJob own = job;
  if (products_ == Products::int8) {
    const int64_t bytes = job.rows * (shape_.depth + kInt8Tail);
    rounded.resize(std::max(rounded.size(), static_cast<size_t>(bytes / 2)));
    own.narrow_rows = reinterpret_cast<uint8_t*>(rounded.data());
    return int8_.gemm(own);
  }
  const int64_t numbers = shape_.whole_rows(job.rows) * shape_.depth;
  rounded.resize(std::max(rounded.size(), static_cast<size_t>(numbers)));
  own.rounded_rows = rounded.data();
  bf16_.gemm(own);
}

}  // namespace fcclip::ops::cpu
