#pragma once
// What holds for the program as a whole, below `fcclip --help` and in the manual pages.

#include <map>
#include <string>
#include <vector>

#include "fcclip/cli/help_entries.h"
#include "fcclip/cli/usage_error.h"

namespace fcclip::apps {

/// Environment variables that the program reads.
const std::vector<cli::HelpNote>& environment_notes();

/// Files that are read or written without being named.
const std::vector<cli::HelpNote>& file_notes();

const std::vector<cli::HelpNote>& exit_notes();

/// What other programs of this field call the same options.
const cli::ForeignNames& foreign_names();

}  // namespace fcclip::apps
