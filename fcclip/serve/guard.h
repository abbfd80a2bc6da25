#pragma once
// Who may ask: a page from elsewhere may not use a server on its visitor's machine (DNS rebinding,
// cross-site requests), and who has no token may not use one that wants it.

#include <optional>
#include <string>
#include <vector>

#include "fcclip/core/error.h"
#include "fcclip/serve/message.h"

namespace fcclip::serve {

struct GuardOptions {
  bool loopback_only = true;         ///< the address that is listened on
  std::vector<std::string> hosts;    ///< further names that the server is reached by
  std::vector<std::string> origins;  ///< pages elsewhere that may ask ("https://app.example")
  std::optional<std::string> token;  ///< what a bearer has to show
};

class Guard {
 public:
  explicit Guard(GuardOptions options) : options_(std::move(options)) {}

  /// Error{forbidden} for a Host that is not this server or an Origin that may not ask. Addresses
  /// are nobody's name: they are refused on a loopback server only where they are not loopback.
  std::optional<Error> check_place(const Request& head) const;
  /// Error{unauthorized} where a token is wanted and not shown.
  std::optional<Error> check_token(const Request& head) const;
  /// Headers for an origin that was allowed by name; none for others.
  std::vector<Header> cors_headers(const Request& head, bool is_preflight) const;

 private:
  bool knows_host(const std::string& host) const;
  bool allows_origin(const std::string& origin) const;

  const GuardOptions options_;
};

/// "localhost", 127.0.0.0/8, "::1"; as host_without_port gives it.
bool is_loopback(const std::string& host);

/// In a time that does not depend on how much is equal.
bool same_secret(const std::string& a, const std::string& b);

/// "example.org:8080" is "example.org", "[::1]:80" is "::1"; lower case.
std::string host_without_port(const std::string& host);

}  // namespace fcclip::serve
