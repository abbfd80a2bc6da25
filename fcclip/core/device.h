#pragma once
// Devices by their names.

#include <string>

#include <c10/core/Device.h>

namespace fcclip {

/// "cpu", "cuda" or "cuda:N". Throws Error{invalid_argument} for another text and
/// Error{unsupported} for a GPU that this LibTorch or machine does not have.
at::Device parse_device(const std::string& text);

}  // namespace fcclip
