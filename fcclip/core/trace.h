#pragma once
// Intermediate tensors on their way out, for stage-by-stage comparison with the reference.

#include <functional>
#include <string_view>

#include <ATen/core/Tensor.h>

namespace fcclip {

/// Called with each intermediate under the reference's name ("decoder.layer0.cross.out") and in the
/// reference's layout ([B, C, H, W] for maps). Empty in normal use: then nothing extra is computed.
using Trace = std::function<void(std::string_view name, const at::Tensor& value)>;

/// A map [B, H, W, C] as the reference's [B, C, H, W].
inline at::Tensor reference_layout(const at::Tensor& map) {
  return map.permute({0, 3, 1, 2});
}

}  // namespace fcclip
