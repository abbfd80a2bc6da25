#pragma once
// How long work says how far it has come, and is told whether to go on: one callback for all of it.

#include <cstdint>
#include <functional>
#include <string_view>

#include "fcclip/core/export.h"

namespace fcclip {

/// Told that `done` of `total` parts are done (of 0: how many is not known yet); returns whether to go on. Never called by two
/// threads at once, but perhaps by another than the one that began the work. After "stop" the work
/// ends at its next good place with Error{interrupted}; files are whole or not there.
using Progress = std::function<bool(int64_t done, int64_t total)>;

/// Tells `progress`, where there is one. parts: what is counted, in the plural ("pictures"). Throws
/// Error{interrupted} "stopped after 3 of 10 pictures" when it says stop.
FCCLIP_API void report_progress(const Progress& progress, int64_t done, int64_t total,
                                std::string_view parts);

/// Called by a piece of work after each of its parts; may throw, which ends the work.
using Tick = std::function<void()>;

}  // namespace fcclip
