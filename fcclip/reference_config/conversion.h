#pragma once
// A conversion told by a configuration what tensors cannot tell.

#include <filesystem>
#include <string>
#include <vector>

#include "fcclip/model/convert.h"

namespace fcclip::reference_config {

/// Lets the conversion go by the file: the reference's YAML, or JSON, which begins with a brace.
/// Returns notes for the user, a line each. Throws as read_configuration.
std::vector<std::string> configure(model::ConvertOptions& options,
                                   const std::filesystem::path& path);

}  // namespace fcclip::reference_config
