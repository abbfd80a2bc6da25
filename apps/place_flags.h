#pragma once
// --device, --threads, --dtype and the text cache's place, which mean the same in every command that computes.

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

namespace fcclip::apps {

/// threads: 0 stands for all cores.
void add_place_flags(CLI::App& command, std::string& device, int64_t& threads);

/// The same, where several devices may share the work: what list_devices() reads.
void add_several_place_flags(CLI::App& command, std::string& devices, int64_t& threads);

/// --dtype: the names that ops::products_named() reads.
void add_dtype_flag(CLI::App& command, std::string& dtype);

/// --no-cache and --cache-folder, of text features.
void add_cache_flags(CLI::App& command, bool& no_cache, std::string& folder);

}  // namespace fcclip::apps
