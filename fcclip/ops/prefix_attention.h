#pragma once
// Causal attention over a tree of shared prefixes.

#include <ATen/core/Tensor.h>

namespace fcclip::ops {

/// Texts that begin alike share the nodes of their beginning; a row attends to the nodes on its way
/// from the root, itself included. That is causal attention without computing a common prefix
/// twice.
///
///   q        [R, W]  one row per query
///   k, v     [M, W]  one row per node; the last axis contiguous, rows may be strided
///   paths    [R, L]  int32 on the CPU: the nodes row r attends to, root first, -1 after the last
///   heads            W is split into this many; scores are scaled by (W / heads)^-1/2
///   returns  [R, W]
///
/// A row with no node at all gives zeros. No gradient. float32.
/// Throws Error{shape_mismatch}, Error{invalid_argument} for a node that does not exist.
at::Tensor prefix_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const at::Tensor& paths, int64_t heads);

}  // namespace fcclip::ops
