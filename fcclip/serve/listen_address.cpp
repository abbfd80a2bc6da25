#include "fcclip/serve/listen_address.h"

#include <algorithm>
#include <charconv>

#include "fcclip/core/error.h"

namespace fcclip::serve {
namespace {

[[noreturn]] void refuse_listen_address(std::string_view text, std::string_view why) {
  fail(ErrorCode::invalid_argument, "--listen ", text, ": ", why,
       "; expected HOST:PORT, for example 127.0.0.1:8080, [::1]:8080, or :8080 for every address");
}

uint16_t port_of(std::string_view text, std::string_view whole) {
  unsigned port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (text.empty()) refuse_listen_address(whole, "there is no port");
  if (error != std::errc() || stop != end || port > 65535)
    refuse_listen_address(whole, "the port is no number from 0 to 65535");
  return static_cast<uint16_t>(port);
}

bool is_host_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

bool is_digit_of_port(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::string ListenAddress::text() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

ListenAddress parse_listen_address(std::string_view text) {
  if (!text.empty() && std::ranges::all_of(text, is_digit_of_port))
    return {"127.0.0.1", port_of(text, text)};
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos || end + 1 >= text.size() || text[end + 1] != ':')
      refuse_listen_address(text, "an address in brackets is followed by :PORT");
    const std::string_view host = text.substr(1, end - 1);
    if (host.find(':') == std::string_view::npos)
      refuse_listen_address(text, "brackets hold an IPv6 address");
    return {std::string(host), port_of(text.substr(end + 2), text)};
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) refuse_listen_address(text, "there is no port");
  const std::string_view host = text.substr(0, colon);
  if (host.find(':') != std::string_view::npos)
    refuse_listen_address(text, "an IPv6 address stands in brackets");
  if (!std::ranges::all_of(host, is_host_letter))
    refuse_listen_address(text, "the host is neither a name nor an address");
  return {std::string(host), port_of(text.substr(colon + 1), text)};
}

}  // namespace fcclip::serve
