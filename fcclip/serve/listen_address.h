#pragma once
// Where a server listens, as people write it.

#include <cstdint>
#include <string>
#include <string_view>

namespace fcclip::serve {

/// A host and a port, apart.
struct ListenAddress {
  std::string host;  ///< a name or an address without brackets; empty: every address of the machine
  uint16_t port = 0;  ///< 0: any that is free

  /// "127.0.0.1:8080", "[::1]:8080", ":8080"
  std::string text() const;
};

/// "HOST:PORT", "[::1]:8080", ":8080" (every address), "8080" (this machine alone). Throws
/// Error{invalid_argument}.
ListenAddress parse_listen_address(std::string_view text);

}  // namespace fcclip::serve
