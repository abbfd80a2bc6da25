#include "apps/stop_signal.h"

#include <csignal>

namespace fcclip::apps {
namespace {

std::atomic<bool> stop_wanted = false;  // the one thing a signal handler can reach

void handle(int signal) {
  stop_wanted = true;
  std::signal(signal, SIG_DFL);
}

}  // namespace

const std::atomic<bool>& stop_signal() {
  static const bool installed = [] {
    std::signal(SIGINT, handle);
    std::signal(SIGTERM, handle);
    return true;
  }();
  (void)installed;
  return stop_wanted;
}

}  // namespace fcclip::apps
