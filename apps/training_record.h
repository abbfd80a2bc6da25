#pragma once
// What a training folder says about how it was made.

#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>

#include "fcclip/engine/settings.h"

namespace fcclip::apps {

/// config.toml: all settings as used, below comments with the program's version and the command.
std::string training_record(const CLI::App& command, const std::string& settings_toml);

/// Before a run goes on: a line on standard error for each setting that is another than the
/// folder's config.toml says. A folder without one, or with one that can't be read, is passed over.
void tell_changed_settings(const std::filesystem::path& folder, const engine::Settings& settings);

}  // namespace fcclip::apps
