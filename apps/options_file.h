#pragma once
// Options of a command from a TOML file.

#include <string>

#include <CLI/CLI.hpp>

namespace fcclip::apps {

/// --config FILE; `file` holds its name.
void add_options_file(CLI::App& command, std::string& file);

/// To be called first in the command's callback. Gives every option that was not typed the value
/// that the file has under its long name ("short-side = 640", "short_side = 640"); an empty name
/// does nothing. Throws Error{not_found, invalid_argument} naming the file and what is wrong;
/// CLI::ValidationError for a value that the option does not take.
void read_options_file(CLI::App& command, const std::string& file);

}  // namespace fcclip::apps
