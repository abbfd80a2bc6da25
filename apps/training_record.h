#pragma once
// What a training folder says about how it was made.

#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>

#include "fcclip/engine/settings.h"

namespace fcclip::apps {

/// config.toml: all settings as used, below comments with the program's version and the command.
std::string training_record(const CLI::App& command, const std::string& settings_toml);

/// Before a run goes on: a line on standard error for each setting that is another than in the run
/// that the folder holds.
void tell_changed_settings(const std::filesystem::path& folder, const engine::Settings& settings);

}  // namespace fcclip::apps
