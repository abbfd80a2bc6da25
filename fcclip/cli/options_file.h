#pragma once
// Options of a command from a TOML file.

#include <string>

#include <CLI/CLI.hpp>

namespace fcclip::cli {

/// --config FILE; `file` holds its name.
void add_options_file(CLI::App& command, std::string& file);

/// To be called first in the command's callback, with the text of that file. Gives every option
/// that was not typed the value that stands under its long name ("short-side = 640",
/// "short_side = 640"). Throws Error{invalid_argument} naming the file and what is wrong;
/// CLI::ValidationError for a value that the option does not take.
void apply_options_text(CLI::App& command, const std::string& toml, const std::string& file);

}  // namespace fcclip::cli
