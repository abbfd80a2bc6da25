#pragma once
// Devices by their names.

#include <string>

#include <c10/core/Device.h>

namespace fcclip {

/// "cpu", "cuda" or "cuda:N". For a GPU LibTorch's CUDA side is opened, before anything may have asked
/// LibTorch for it. Throws Error{invalid_argument} for another text and Error{unsupported} for a GPU
/// that can't be used: why, and what to do (torch_cuda.h).
at::Device parse_device(const std::string& text);

/// Whether cuda:0 can be used. Opens LibTorch's CUDA side where there is a GPU.
bool has_gpu();

}  // namespace fcclip
