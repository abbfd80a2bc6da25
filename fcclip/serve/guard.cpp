#include "fcclip/serve/guard.h"

#include <algorithm>
#include <arpa/inet.h>

#include "fcclip/core/plain_text.h"
#include "fcclip/text/printable.h"

namespace fcclip::serve {
namespace {

bool is_address(const std::string& host) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

}  // namespace

bool is_loopback(const std::string& host) {
  unsigned char bytes[4];
  if (inet_pton(AF_INET, host.c_str(), bytes) == 1) return bytes[0] == 127;
  return host == "localhost" || host == "::1";
}

std::string host_without_port(const std::string& host) {
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    return lower_ascii(host.substr(1, end == std::string::npos ? end : end - 1));
  }
  return lower_ascii(host.substr(0, host.find(':')));
}

bool same_secret(const std::string& a, const std::string& b) {
  unsigned different = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size(); ++i)
    different |= static_cast<unsigned char>(a[i]) ^
                 static_cast<unsigned char>(b.empty() ? 0 : b[i % b.size()]);
  return different == 0;
}

std::optional<Error> Guard::check_place(const Request& head) const {
  const std::string* host = find_header(head.headers, "Host");
  if (host != nullptr && !knows_host(host_without_port(*host))) {
    return Error(ErrorCode::forbidden, "this server is not called " + text::printable(*host, 80) +
                                           "; whoever runs it can allow that name with --host");
  }
  const std::string* origin = find_header(head.headers, "Origin");
  if (origin == nullptr) return {};
  const std::string own = host == nullptr ? std::string() : *host;
  if (*origin == "http://" + own || *origin == "https://" + own || allows_origin(*origin))
    return {};
  return Error(ErrorCode::forbidden, "pages of " + text::printable(*origin, 80) +
                                         " may not ask this server; whoever runs it can allow "
                                         "them with --allow-origin");
}

std::optional<Error> Guard::check_token(const Request& head) const {
  if (!options_.token) return {};
  constexpr std::string_view kScheme = "Bearer ";
  const std::string* shown = find_header(head.headers, "Authorization");
  const bool is_bearer =
      shown != nullptr && same_name(std::string_view(*shown).substr(0, kScheme.size()), kScheme);
  if (is_bearer && same_secret(shown->substr(kScheme.size()), *options_.token)) return {};
  return Error(ErrorCode::unauthorized, shown == nullptr
                                            ? "this server wants a token: Authorization: Bearer …"
                                            : "the token is not this server's");
}

std::vector<Header> Guard::cors_headers(const Request& head, bool is_preflight) const {
  const std::string* origin = find_header(head.headers, "Origin");
  if (origin == nullptr || !allows_origin(*origin)) return {};
  std::vector<Header> headers = {
      {"Access-Control-Allow-Origin", *origin},
      {"Access-Control-Expose-Headers", "X-Request-Id, Server-Timing, Location, Retry-After"},
      {"Vary", "Origin"}};
  if (is_preflight) {
    headers.push_back({"Access-Control-Allow-Methods", "GET, POST, DELETE"});
    headers.push_back(
        {"Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, X-Request-Id"});
    headers.push_back({"Access-Control-Max-Age", "600"});
  }
  return headers;
}

bool Guard::knows_host(const std::string& host) const {
  if (is_loopback(host)) return true;
  if (!options_.loopback_only && is_address(host)) return true;
  return std::ranges::any_of(options_.hosts,
                             [&](const std::string& known) { return lower_ascii(known) == host; });
}

bool Guard::allows_origin(const std::string& origin) const {
  return std::ranges::find(options_.origins, origin) != options_.origins.end();
}

}  // namespace fcclip::serve
