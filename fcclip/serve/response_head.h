#pragma once
// The head of an answer as it goes over the wire.

#include <ctime>
#include <string>
#include <string_view>

#include "fcclip/serve/message.h"

namespace fcclip::serve {

/// What an answer's head says beside the answer itself.
struct Wire {
  std::string_view id;       ///< the request's
  bool keep_alive = false;   ///< the connection goes on
  bool is_http_1_0 = false;  ///< the client must be told that it goes on
};

/// Status line, Date, Server, Content-Length (that of the body also where HEAD leaves it out),
/// X-Request-Id, the security headers and those of the answer, and the empty line. Line ends in
/// values are left out.
std::string response_head(const Response& response, const Wire& wire);

/// "Fri, 27 Nov 2026 19:00:00 GMT"
std::string http_date(std::time_t time);

}  // namespace fcclip::serve
