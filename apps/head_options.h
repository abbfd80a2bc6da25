#pragma once
// --head-option NAME=VALUE: numbers of a head beyond FC-CLIP's own.

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "fcclip/classify/ensemble.h"

namespace fcclip::apps {

/// As typed, checked.
using HeadOptions = std::vector<std::string>;

/// Adds the option to the group that is set.
void add_head_option_flag(CLI::App& command, HeadOptions& options);

/// Sets what was given.
void apply_head_options(const HeadOptions& options, classify::EnsembleOptions& ensemble);

}  // namespace fcclip::apps
