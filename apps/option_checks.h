#pragma once
// Checks of values that several commands take; those of all programs are cli's.

#include <cstdint>

#include <CLI/CLI.hpp>

#include "fcclip/cli/option_checks.h"

namespace fcclip::apps {

using cli::byte_count;
using cli::number;
using cli::one_of;
using cli::whole_number;

/// panoptic, instance or semantic; "instances" is taken for instance. To be given to transform().
CLI::Validator task_name();

/// For --max-side behind --short-side: refuses what is below `short_side`, when that is above 0.
CLI::Validator not_below(const int64_t& short_side);

}  // namespace fcclip::apps
