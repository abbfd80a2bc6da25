#pragma once
// The one error type of the library, and the tables from its codes to the outside world.

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "fcclip/core/export.h"

namespace fcclip {

/// What kind of thing went wrong: what a caller may act on. Numbers are part of the C interface: new
/// ones go to the end.
enum class ErrorCode {
  invalid_argument,  ///< the caller passed something that can't work (usage)
  shape_mismatch,    ///< a tensor has the wrong shape or dtype
  not_found,         ///< a file, class or tensor that was named does not exist
  io_failure,        ///< the operating system refused to read or write
  bad_format,        ///< a file is truncated, corrupt or not what its name says
  unsafe_file,       ///< a file asks for code to be run; nothing was run
  missing_tensor,    ///< a weight is missing, surplus, or not finite
  unsupported,       ///< valid, but not something this build or model can do
  out_of_memory,     ///< an allocation was refused
  interrupted,       ///< stopped by a signal or by the caller
  internal,          ///< a bug of this library
  diverged,          ///< the numbers of a training are no longer finite
  too_large,         ///< more pixels, bytes or words than a limit allows
  partial_failure,   ///< of several pictures or files, some failed; the others are done
  // What only a service says to its clients.
  invalid_value,   ///< a request that can be read, with a value that cannot be used
  unauthorized,    ///< no token, or a wrong one
  forbidden,       ///< from a place that may not ask
  not_allowed,     ///< not with this method
  not_acceptable,  ///< in none of the forms that the client takes
  overloaded,      ///< the queue is full; later it works
  unavailable,     ///< still loading, or ending
  timed_out,       ///< not done within the time it was given
};

/// The last of the codes above, for loops over all of them.
inline constexpr ErrorCode kLastErrorCode = ErrorCode::timed_out;

/// The code's name as written above, e.g. "bad_format".
FCCLIP_API std::string_view name(ErrorCode code);

/// Exit status of the program: 2 for usage (invalid_argument), 130 for interrupted, 1 for the rest.
FCCLIP_API int exit_status(ErrorCode code);

/// HTTP status of a server's answer: 400, 404, 415, 499, 500, 507 ….
FCCLIP_API int http_status(ErrorCode code);

/// message: what, where, expected, got, what to do; one line.
class FCCLIP_API Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

/// Throws Error with the parts written one after another: fail(ErrorCode::not_found, "no file ",
/// path).
template <typename... Parts>
[[noreturn]] void fail(ErrorCode code, const Parts&... parts) {
  std::ostringstream message;
  (message << ... << parts);
  throw Error(code, message.str());
}

}  // namespace fcclip
