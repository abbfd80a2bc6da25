#pragma once
// --shard K/N, which means the same in every command whose pictures several processes may share.

#include <optional>

#include <CLI/CLI.hpp>

#include "fcclip/core/shard.h"

namespace fcclip::apps {

/// Nothing in `shard` where the option is not given.
void add_shard_flag(CLI::App& command, std::optional<Shard>& shard);

}  // namespace fcclip::apps
