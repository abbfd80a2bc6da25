#pragma once
// How --help looks: options in groups, at most 80 columns, examples last.

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "fcclip/cli/help_entries.h"

namespace fcclip::cli {

/// Words put into lines of at most 80 columns. The first line goes on where `column` columns are
/// written already, the others begin there.
std::string wrap_text(const std::string& text, size_t column);

/// Makes the text of --help; commands get it from the program they are added to.
std::shared_ptr<CLI::FormatterBase> help_formatter();

/// A heading and a line or more for each note, as in the table of options.
std::string notes_help(const std::string& title, const std::vector<HelpNote>& notes);

}  // namespace fcclip::cli
