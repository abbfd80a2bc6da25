#pragma once
// --device and --threads, which mean the same in every command that computes.

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

namespace fcclip::apps {

/// threads: 0 stands for all cores.
void add_place_flags(CLI::App& command, std::string& device, int64_t& threads);

}  // namespace fcclip::apps
