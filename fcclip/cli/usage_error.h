#pragma once
// What the program says about a command line that it can't understand.

#include <map>
#include <string>

#include <CLI/CLI.hpp>

namespace fcclip::cli {

/// The command, or kind of a command ("score panoptic"), that was being parsed; `root` before one.
const CLI::App& parsed_command(const CLI::App& root);

/// "fcclip segment": what the user types for this command.
std::string command_path(const CLI::App& command);

/// What other programs call an option, "--gpu", and what it is here, "--device cuda".
using ForeignNames = std::map<std::string, std::string>;

/// One line in this program's words: what is wrong, and what was probably meant.
std::string usage_line(const CLI::App& root, const CLI::ParseError& error,
                       const ForeignNames& foreign_names);

/// The line for a first word that is no command.
std::string unknown_command_line(const CLI::App& root, const std::string& word);

/// "; see fcclip segment --help", which every usage error ends with.
std::string see_help(const CLI::App& command);

}  // namespace fcclip::cli
