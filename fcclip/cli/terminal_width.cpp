#include "fcclip/cli/terminal_width.h"

#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

namespace fcclip::cli {

int64_t terminal_width() {
  if (isatty(STDOUT_FILENO) == 0) return 0;
  if (const char* set = std::getenv("COLUMNS"); set != nullptr) {
    if (const long columns = std::strtol(set, nullptr, 10); columns > 0) return columns;
  }
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace fcclip::cli
