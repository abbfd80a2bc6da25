#pragma once
// What all three kinds of results begin with: the softmax of the class scores.

#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/results/results.h"

namespace fcclip::results {

/// Softmax over the K + 1 classes, [Q, K+1] float32 on the masks' device. The reference takes it of
/// the ensemble's log(p + 1e-8), so that its rows sum to one again. Checks that the queries are those
/// of the masks. Throws Error{shape_mismatch}.
at::Tensor class_probs_there(const MaskSource& masks, const at::Tensor& class_log_probs);
/// The same, [Q, K+1], on the host.
at::Tensor class_probs(const MaskSource& masks, const at::Tensor& class_log_probs);

/// Throws Error{shape_mismatch} unless is_thing has one entry a class.
void check_things(const std::vector<bool>& is_thing, int64_t classes);

}  // namespace fcclip::results
