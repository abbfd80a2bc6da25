#pragma once
// The weights of a matrix product, copied once into the order in which a CPU kernel reads them.

#include <ATen/core/Tensor.h>

#include "fcclip/ops/cpu/bf16_kernels.h"
#include "fcclip/ops/cpu/gemm_args.h"
#include "fcclip/ops/cpu/int8_kernels.h"
#include "fcclip/ops/isa.h"
#include "fcclip/ops/products.h"

namespace fcclip::ops::cpu {

/// A matrix [n, k] in the order in which a kernel reads it.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  /// weight [n, k] float32 on the CPU; a copy is made, the tensor is not kept. row_scale:
  /// undefined, or [n], by which each row is multiplied. Throws Error{shape_mismatch}.
  /// bfloat16: as need_products() allows it.
  explicit PackedMatrix(const at::Tensor& weight, const at::Tensor& row_scale = {},
                        Isa isa = chosen_isa(), Products products = Products::float32);
  /// The same in bfloat16, or in 8 bits, by these very kernels, which the processor must have.
  PackedMatrix(const at::Tensor& weight, const at::Tensor& row_scale, const Bf16Kernels& kernels);
  PackedMatrix(const at::Tensor& weight, const at::Tensor& row_scale, const Int8Kernels& kernels);

  bool defined() const { return data_.defined(); }
  int64_t n() const { return shape_.n; }
  int64_t k() const { return shape_.k; }
  const PackShape& shape() const { return shape_; }
  Isa isa() const { return isa_; }
  /// A job with the weights set; the caller sets the rest.
  GemmJob job() const;
  /// Runs it on the calling thread.
  void multiply(const GemmJob& job) const;

 private:
  void pack_rows(const at::Tensor& weight, const at::Tensor& row_scale);

  PackShape shape_;
  Isa isa_ = Isa::portable;
  Products products_ = Products::float32;
  Bf16Kernels bf16_;
  Int8Kernels int8_;
  at::Tensor data_;
};

}  // namespace fcclip::ops::cpu
