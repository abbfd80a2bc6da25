#pragma once
// --overwrite of the commands that write one safetensors file.

#include <filesystem>

#include <CLI/CLI.hpp>

namespace fcclip::apps {

/// --overwrite
void add_overwrite_flag(CLI::App& command, bool& overwrite);

/// To be called before long work. Throws Error{invalid_argument} when a file is at `output` that
/// fcclip did not write (one of fcclip tells its format in its metadata), unless `overwrite`.
void check_own_or_new(const std::filesystem::path& output, bool overwrite);

}  // namespace fcclip::apps
