#include "fcclip/serve/response_head.h"

#include <array>
#include <cstdio>

#include "fcclip/serve/security_headers.h"

namespace fcclip::serve {
namespace {

struct StatusWords {
  int status;
  const char* words;
};

constexpr StatusWords kStatusWords[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {507, "Insufficient Storage"},
};

const char* words_of_status(int status) {
  for (const StatusWords& row : kStatusWords) {
    if (row.status == status) return row.words;
  }
  return "";  // RFC 9112 allows none
}

void add_header(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ");
  for (const char c : value) {
    if (c != '\r' && c != '\n' && c != '\0') head += c;
  }
  head += "\r\n";
}

}  // namespace

std::string http_date(std::time_t time) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                kDays[parts.tm_wday], parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900,
                parts.tm_hour, parts.tm_min, parts.tm_sec);
  return text.data();
}

std::string response_head(const Response& response, const Wire& wire) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " +
                     words_of_status(response.status) + "\r\n";
  add_header(head, "Date", http_date(std::time(nullptr)));
  add_header(head, "Server", "fcclip");
  add_header(head, "X-Request-Id", wire.id);
  for (const FixedHeader& header : security_headers()) add_header(head, header.name, header.value);
  if (!response.content_type.empty()) add_header(head, "Content-Type", response.content_type);
  if (response.status != 204 && response.status != 304)
    add_header(head, "Content-Length", std::to_string(response.body ? response.body->size() : 0));
  for (const Header& header : response.headers) add_header(head, header.name, header.value);
  if (!wire.keep_alive) {
    add_header(head, "Connection", "close");
  } else if (wire.is_http_1_0) {
    add_header(head, "Connection", "keep-alive");
  }
  head += "\r\n";
  return head;
}

}  // namespace fcclip::serve
