#pragma once
// How --help looks: options in groups, at most 80 columns, examples last.

#include <memory>
#include <string>

#include <CLI/CLI.hpp>

namespace fcclip::apps {

/// Words put into lines of at most 80 columns. The first line goes on where `column` columns are
/// written already, the others begin there.
std::string wrap_text(const std::string& text, size_t column);

/// Makes the text of --help; commands get it from the program they are added to.
std::shared_ptr<CLI::FormatterBase> help_formatter();

/// What stands below the commands in `fcclip --help`: environment variables and exit codes.
std::string environment_help();

}  // namespace fcclip::apps
