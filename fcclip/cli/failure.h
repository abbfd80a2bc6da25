#pragma once
// What the program says about an exception, and how it then exits.

#include <exception>
#include <stdexcept>
#include <string>

namespace fcclip::cli {

/// A figure that was asked for (--expect) was not reached: the work itself is done and written.
/// Exit status 1, the message as it is.
class MissedTarget : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Control characters, which a file's name may hold, as \n or \x1b: one line that does nothing to a
/// terminal.
std::string visible_text(const std::string& text);

/// One line. Errors that are not this library's are called internal, of their lines the first is
/// kept; a lack of memory is told in words. `about` (a picture) is put before it unless the message
/// names it.
std::string failure_line(const std::exception& error, const std::string& about = "");

/// 2 for usage, 130 when interrupted, else 1.
int failure_status(const std::exception& error);

}  // namespace fcclip::cli
