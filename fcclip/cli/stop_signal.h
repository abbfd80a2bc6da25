#pragma once
// SIGINT and SIGTERM as a wish: long work ends at the next good place instead of at once.

#include <atomic>

namespace fcclip::cli {

/// Installs the handlers at the first call. True once a signal came; a second signal kills.
const std::atomic<bool>& stop_signal();

/// What the first signal puts on standard error, as a line of its own, so that nobody waits in
/// silence: "stopping after this picture; again to stop now". `line` must last for ever.
void announce_stop(const char* line);

}  // namespace fcclip::cli
