#pragma once
// Whether a GPU may round the sides of float32 products.

#include "fcclip/ops/products.h"

namespace fcclip::ops {

/// While it lives, LibTorch's float32 products and convolutions run exactly where `products` says float32, in TF32 where it
/// says anything less: who rounds nine tenths of the arithmetic to 11 bits or 8 loses nothing by the rest's 11 (devices.md).
/// LibTorch alone lets cuDNN round. Nothing on a processor.
///
/// LibTorch's switch is the whole process's, so a scope of the one kind waits for those of the other; within a scope this
/// thread may open more, which change nothing. Whoever uses LibTorch beside this library in another thread sees the switch as
/// a scope has set it. It is put back behind the last one.
class Tf32Scope {
 public:
  Tf32Scope(Products products, at::Device device);
  Tf32Scope(const Tf32Scope&) = delete;
  Tf32Scope& operator=(const Tf32Scope&) = delete;
  ~Tf32Scope();

  /// Whether float32 products are rounded within such a scope, where the GPU can.
  static bool rounds(Products products, at::Device device) {
    return device.is_cuda() && products != Products::float32;
  }

 private:
  bool counts_ = false;  ///< not on a processor, nor inside another one
  bool allows_ = false;
};

}  // namespace fcclip::ops
