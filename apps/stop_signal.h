#pragma once
// SIGINT and SIGTERM as a wish: long work ends at the next good place instead of at once.

#include <atomic>

namespace fcclip::apps {

/// Installs the handlers at the first call. True once a signal came; a second signal kills.
const std::atomic<bool>& stop_signal();

}  // namespace fcclip::apps
