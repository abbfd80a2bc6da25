#pragma once
// The operations on CUDA, for ops/dispatch.h: arguments are checked already and lie on one device. To
// add one: its function here, its line in implementation(), its kernel in a .cu file.

#include "fcclip/ops/dispatch.h"

namespace fcclip::ops::cuda {

Implementation implementation();

}  // namespace fcclip::ops::cuda
