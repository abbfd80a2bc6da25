#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace fcclip::apps {

/// "fcclip-score-panoptic": the page of this command; `fcclip` for the program.
std::string man_page_name(const CLI::App& command);

/// The manual page of a command, or of the program, in section 1: made of what --help is made of.
/// `date` is printed below it, as 2025-05-30.
std::string man_page(const CLI::App& command, const std::string& date);

}  // namespace fcclip::apps
