#pragma once
// A command that ran, as it can be typed again.

#include <string>

#include <CLI/CLI.hpp>

namespace fcclip::cli {

/// "fcclip train recipe.toml --steps 100": positional arguments, then the options given, each as a
/// word of a shell, on one line. For a command whose arguments were parsed.
std::string typed_command(const CLI::App& command);

}  // namespace fcclip::cli
