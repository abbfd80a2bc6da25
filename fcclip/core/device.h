#pragma once
// Devices by their names.

#include <string>
#include <string_view>
#include <vector>

#include <c10/core/Device.h>

namespace fcclip {

/// "cpu", "cuda" or "cuda:N". For a GPU LibTorch's CUDA side is opened, before anything may have asked
/// LibTorch for it. Throws Error{invalid_argument} for another text and Error{unsupported} for a GPU
/// that can't be used: why, and what to do (torch_cuda.h).
at::Device parse_device(const std::string& text);

/// The names in a list of devices, checked as far as can be without asking the machine: names at
/// commas, "cuda:0,cuda:1", "cpu,cpu" (workers that share a processor), or "all" alone. Throws
/// Error{invalid_argument} for an empty or unknown name, a GPU that is named twice, and GPUs beside the processor, whose
/// results differ in their last digits.
std::vector<std::string> split_devices(std::string_view text);

/// The same with "all" as the GPUs of this machine, each of which parse_device() takes. Throws as above, and as
/// parse_device(), Error{unsupported} where there is no GPU.
std::vector<std::string> list_devices(std::string_view text);

/// The very device: one without a number is the calling thread's current one.
at::Device with_index(at::Device device);

/// Whether cuda:0 can be used. Opens LibTorch's CUDA side where there is a GPU.
bool has_gpu();

}  // namespace fcclip
