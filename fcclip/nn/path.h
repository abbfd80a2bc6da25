#pragma once
// A block does the same in two ways: plain(), differentiable ATen operations that a trace can look
// into, and packed(), the fused operations of ops/ on weights in the device's own order. Here, and
// nowhere else, is decided which; tests hold the two equal.

#include "fcclip/core/trace.h"

namespace fcclip::nn {

enum class Path { plain, packed };

/// packed where the block is prepared, no gradients are recorded and nobody looks inside. What a
/// device has no kernels for, ops/ does by ATen operations on the packed path too.
Path choose_path(bool is_prepared, const Trace& trace = {});

}  // namespace fcclip::nn
