#pragma once
// What a shell needs to complete a program's commands and options.

#include <string>

#include <CLI/CLI.hpp>

namespace fcclip::cli {

enum class Shell { bash, zsh, fish };

/// A script that the shell evaluates, or reads from its folder of completions: the commands, their
/// kinds, and the options of each, with descriptions where the shell shows them.
std::string completion_script(const CLI::App& app, Shell shell);

}  // namespace fcclip::cli
