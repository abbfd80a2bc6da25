#pragma once
// Errors as clients get them (RFC 9457).

#include <string>

#include "fcclip/core/error.h"
#include "fcclip/serve/message.h"

namespace fcclip::serve {

/// {"type", "title", "status", "code", "detail", "request_id"} with the status of the code's table.
/// Retry-After where later it works.
Response problem(ErrorCode code, const std::string& detail, const std::string& request_id);

/// The same for a status that the network side found (400, 408, 413, 431, 503).
Response problem_of_status(int status, const std::string& detail, const std::string& request_id);

/// A value of a field that cannot be used: Error{invalid_value} beginning with the field's name.
template <typename... Parts>
[[noreturn]] void refuse_field(std::string_view field, const Parts&... parts) {
  fail(ErrorCode::invalid_value, field, ": ", parts...);
}

}  // namespace fcclip::serve
