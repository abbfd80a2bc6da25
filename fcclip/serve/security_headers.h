#pragma once
// What every answer says to browsers.

#include <array>
#include <string_view>

namespace fcclip::serve {

/// One that is known when the program is compiled.
struct FixedHeader {
  std::string_view name, value;  ///< as they are sent
};

/// Bytes are what their Content-Type says, nobody is told where the visitor came from, and pages
/// from elsewhere cannot embed an answer.
constexpr std::array<FixedHeader, 3> security_headers() {
  return {{{"X-Content-Type-Options", "nosniff"},
           {"Referrer-Policy", "no-referrer"},
           {"Cross-Origin-Resource-Policy", "same-origin"}}};
}

}  // namespace fcclip::serve
