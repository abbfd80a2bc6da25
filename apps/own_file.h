#pragma once
// --overwrite of the commands that write one safetensors file.

#include <CLI/CLI.hpp>

#include "fcclip/io/own_file.h"

namespace fcclip::apps {

using io::check_own_or_new;

/// --overwrite
inline void add_overwrite_flag(CLI::App& command, bool& overwrite) {
  command.add_flag("--overwrite", overwrite, "Also replace a file that fcclip did not write");
}

}  // namespace fcclip::apps
