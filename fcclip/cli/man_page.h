#pragma once
// Manual pages, in section 1, made of what --help is made of.

#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "fcclip/cli/help_entries.h"

namespace fcclip::cli {

/// What the pages say besides a command's own options.
struct ManualParts {
  std::string version, date;  ///< "fcclip 0.1.0" and 2025-05-30, printed below a page
  std::vector<HelpNote> exits, environment, files;
};

/// "fcclip-score-panoptic": the page of this command; `fcclip` for the program.
std::string man_page_name(const CLI::App& command);

/// The manual page of a command, or of the program.
std::string man_page(const CLI::App& command, const ManualParts& parts);

/// The pages of a command and of all below it, in a folder that is made where it is missing. Throws
/// Error{io_failure}.
void write_man_pages(const CLI::App& command, const ManualParts& parts,
                     const std::filesystem::path& folder);

/// Today in UTC, or the day of the sources, where a packager tells it in SOURCE_DATE_EPOCH
/// (https://reproducible-builds.org/specs/source-date-epoch/): 2025-05-30. Throws
/// Error{invalid_argument} when that is none.
std::string page_date();

}  // namespace fcclip::cli
