#pragma once
// The kernels of the results (upsampled_masks.h) on tensors' memory: winners and labels stay where the
// logits are, runs come to the host.

#include "fcclip/ops/cuda/launch.h"
#include "fcclip/ops/upsampled_masks.h"

namespace fcclip::ops::cuda {

/// Whether the picture's pixels can be counted in 32 bits, as the kernels do.
bool fits_mask_kernels(const MaskSource& masks);

/// As the functions of their names in upsampled_masks.h, on arguments that are checked. Codes,
/// labels, counts and runs are those of the processor's kernels; sums of sigmoids differ by rounding.
/// Throws as launch(), Error{interrupted} when the progress says stop.
MaskWinners launch_mask_winners(const MaskSource& masks, const at::Tensor& scores,
                                const LaunchPlace& place);
at::Tensor launch_best_classes(const MaskSource& masks, const at::Tensor& weights,
                               const LaunchPlace& place);
std::vector<MaskRuns> launch_mask_runs(const MaskSource& masks, const std::vector<int64_t>& queries,
                                       const LaunchPlace& place);

}  // namespace fcclip::ops::cuda
