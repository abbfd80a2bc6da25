#pragma once

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"
#include "fcclip/ops/deform_args.h"

namespace fcclip::ops {

/// Throws Error{shape_mismatch} when there are none or more than kMaxDeformLevels.
DeformLevels deform_levels(at::ArrayRef<Size> sizes);

/// Positions of all levels together.
int64_t deform_positions(at::ArrayRef<Size> sizes);

}  // namespace fcclip::ops
