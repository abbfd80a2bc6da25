#pragma once
// What was typed, before CLI11 reads it.

#include <string>
#include <vector>

namespace fcclip::cli {

/// `fcclip help segment`, `fcclip version` and `fcclip -V`, as people type them, with the options
/// that mean the same.
std::vector<std::string> usual_form(std::vector<std::string> words);

/// Pages and text programs turn "--" into a long dash, which then looks like a file's name. The
/// line that says so of the first word that begins with one and is no file; empty without one.
std::string long_dash(const std::vector<std::string>& words);

/// Makes the arguments safe for CLI11: what stands behind "--" never is an option, brackets around a
/// value belong to it, and "-c=bat" is "-c bat".
std::vector<std::string> protect_arguments(const std::vector<std::string>& arguments);

/// An argument as it was typed.
std::string unprotected(const std::string& argument);

/// The word within single quotes, as bash, zsh and fish read it: apostrophes too.
std::string shell_quoted(const std::string& word);

}  // namespace fcclip::cli
