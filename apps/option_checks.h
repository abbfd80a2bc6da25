#pragma once
// What all options of all commands have in common: how values are read, and what is said about
// those that can't be used. Messages begin with the value: the option's name is put before them.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace fcclip::apps {

/// A whole number from `least` to `most`.
CLI::Validator whole_number(int64_t least, int64_t most = std::numeric_limits<int64_t>::max());

/// A finite number from `least` to `most`.
CLI::Validator number(double least, double most = std::numeric_limits<double>::infinity());

/// One of `names`; the message says which was probably meant.
CLI::Validator one_of(const std::vector<std::string>& names);

/// Bytes: "1000", "64K", "512M", "2G" (of 1024). To be given to an option that is a number
/// through transform().
CLI::Validator byte_count(int64_t least);

/// panoptic, instance or semantic; "instances" is taken for instance. To be given to transform().
CLI::Validator task_name();

/// For --max-side behind --short-side: refuses what is below `short_side`, when that is above 0.
CLI::Validator not_below(const int64_t& short_side);

/// Makes the arguments safe for CLI11: what stands behind "--" never is an option, brackets around a
/// value belong to it, and "-c=bat" is "-c bat".
std::vector<std::string> protect_arguments(const std::vector<std::string>& arguments);

/// An argument as it was typed.
std::string unprotected(const std::string& argument);

/// Holds all options of a command and of its subcommands to the same rules, after they were
/// declared: an option takes no more values than its own, so that pictures may follow it; numbers
/// are decimal; an option is no value of the one before it; --help has a group of its own.
void settle_options(CLI::App& command);

}  // namespace fcclip::apps
