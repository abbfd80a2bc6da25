#include "fcclip/serve/message.h"

#include <algorithm>

namespace fcclip::serve {
namespace {

bool same_letter(char a, char b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return lower(a) == lower(b);
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, same_letter);
}

const std::string* find_header(const std::vector<Header>& headers, std::string_view name) {
  for (const Header& header : headers) {
    if (same_name(header.name, name)) return &header.value;
  }
  return nullptr;
}

int64_t count_headers(const std::vector<Header>& headers, std::string_view name) {
  return std::ranges::count_if(headers,
                               [&](const Header& header) { return same_name(header.name, name); });
}

Response with_body(int status, std::string content_type, std::string body) {
  Response response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.body = std::make_shared<const std::string>(std::move(body));
  return response;
}

}  // namespace fcclip::serve
