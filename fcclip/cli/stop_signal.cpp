#include "fcclip/cli/stop_signal.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <unistd.h>

namespace fcclip::cli {
namespace {

// What a signal handler can reach.
std::atomic<bool> stop_wanted = false;
std::atomic<const char*> stop_line = nullptr;
std::atomic<bool> stop_on_terminal = false;

void say(const char* text) {
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, std::strlen(text));
}

void handle(int signal) {
  const int reason = errno;  // of whatever was interrupted
  stop_wanted = true;
  std::signal(signal, SIG_DFL);
  if (const char* line = stop_line; line != nullptr) {
    if (stop_on_terminal) say("\r\033[K");  // over the bar and ^C
    say("fcclip: ");
    say(line);
    say("\n");
  }
  errno = reason;
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

void announce_stop(const char* line) {
  stop_on_terminal = ::isatty(STDERR_FILENO) == 1;
  stop_line = line;
}

}  // namespace fcclip::cli
