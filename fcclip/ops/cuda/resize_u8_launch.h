#pragma once
// The kernels of a picture's way into the network on tensors' memory.

#include "fcclip/ops/cuda/launch.h"
#include "fcclip/ops/normalise.h"
#include "fcclip/ops/resize_u8.h"

namespace fcclip::ops::cuda {

/// Whether rows, and blocks of them, can be counted in 32 bits, as the kernels do.
bool fits_resize_kernels(const at::Tensor& pixels, Size size);

/// resize_u8.h on arguments that are checked, fit and differ in size. Throws as launch().
at::Tensor launch_resize_bilinear_u8(const at::Tensor& pixels, Size size, const LaunchPlace& place);

/// normalise.h on arguments that are checked. Throws as launch(), Error{too_large} where 32 bits
/// don't count the rows.
at::Tensor launch_normalise_and_pad(const at::Tensor& pixels, const PixelNorm& norm, Size padded,
                                    const LaunchPlace& place);

}  // namespace fcclip::ops::cuda
