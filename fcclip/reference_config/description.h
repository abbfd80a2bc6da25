#pragma once
// What a configuration of the reference describes, for people and for other programs.

#include <filesystem>
#include <string>

#include "fcclip/reference_config/configuration.h"

namespace fcclip::reference_config {

/// Whether the file is a text with a section that the reference's configurations have. Throws
/// Error{not_found, io_failure}.
bool is_configuration(const std::filesystem::path& path);

/// "FILE: configuration of the reference", then the model that it describes, a line a fact, and how
/// it is trained and asked. Throws as named_model.
std::string description_text(const Configuration& from);

/// The same model as JSON, indented: {"kind", "tasks", "config"}.
std::string description_json(const Configuration& from);

}  // namespace fcclip::reference_config
