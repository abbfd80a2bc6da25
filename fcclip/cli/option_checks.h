#pragma once
// What all options of all commands have in common: how values are read, and what is said about
// those that can't be used. Messages begin with the value: the option's name is put before them.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace fcclip::cli {

/// A whole number from `least` to `most`.
CLI::Validator whole_number(int64_t least, int64_t most = std::numeric_limits<int64_t>::max());

/// A finite number from `least` to `most`.
CLI::Validator number(double least, double most = std::numeric_limits<double>::infinity());

/// One of `names` (names_of, where they are choices of core/choice.h); the message says which was
/// probably meant.
CLI::Validator one_of(const std::vector<std::string>& names);

/// Bytes: "1000", "64K", "512M", "2G" (of 1024). To be given to an option that is a number
/// through transform().
CLI::Validator byte_count(int64_t least);

/// Holds all options of a command and of its subcommands to the same rules, after they were
/// declared: an option takes no more values than its own, so that pictures may follow it; numbers
/// are decimal; an option is no value of the one before it; --help has a group of its own.
void settle_options(CLI::App& command);

}  // namespace fcclip::cli
