#pragma once
// What --help and the manual pages are both made of: the table of options, in groups, and notes
// on what holds for the program as a whole.

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace fcclip::cli {

/// A name and what it means: of an environment variable, a file, an exit status.
struct HelpNote {
  std::string name, meaning;
  std::string readers;  ///< commands or their options, which tell who reads it; empty: every one
};

/// Whether `command`, or its parent, is among the readers.
bool concerns(const HelpNote& note, const CLI::App& command);

/// The description, with its default and whether it is needed.
std::string option_meaning(const CLI::Option& option);

/// "PICTURE...": how a positional argument is written.
std::string positional_name(const CLI::Option& option);

/// "fcclip score KIND [OPTIONS]": what is typed.
std::string command_usage(const CLI::App& command);

/// A heading and the options below it, without positional ones.
struct OptionGroup {
  std::string title;
  std::vector<const CLI::Option*> options;
};

/// In the order of the declarations; --help itself, declared first, comes last. Options of the
/// group "" (former names) are left out.
std::vector<OptionGroup> option_groups(const CLI::App& command);

struct PartGroup {
  std::string title;
  std::vector<const CLI::App*> parts;
};

/// The commands of the program, or the kinds of a command, under their headings.
std::vector<PartGroup> part_groups(const CLI::App& command);

}  // namespace fcclip::cli
