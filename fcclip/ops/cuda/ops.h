#pragma once
// The operations on CUDA, for ops/dispatch.h: arguments are checked already and lie on one device. To
// add one: its function and its line in implementation.cpp, its kernel in kernels/, named in
// kernel_source.cpp.

#include "fcclip/ops/dispatch.h"

namespace fcclip::ops::cuda {

Implementation implementation();

}  // namespace fcclip::ops::cuda
