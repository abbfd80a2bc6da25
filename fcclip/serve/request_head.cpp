#include "fcclip/serve/request_head.h"

#include <algorithm>
#include <arpa/inet.h>
#include <random>

namespace fcclip::serve {
namespace {

constexpr size_t kLongestId = 64;

bool is_id_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool is_decimal_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_forbidden_in_head(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 32 && c != '\t' && c != '\r' && c != '\n') || byte == 127;
}

std::string random_request_id() {
  thread_local std::random_device device;
  std::string id;
  for (int part = 0; part < 2; ++part) {
    uint32_t bits = device();
    for (int i = 0; i < 8; ++i, bits >>= 4) id += "0123456789abcdef"[bits & 15];
  }
  return id;
}

bool is_ip_address(const std::string& text) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

std::string without_blanks(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

std::optional<std::string> length_problem(const Request& head, int minor) {
  const int64_t lengths = count_headers(head.headers, "Content-Length");
  const int64_t encodings = count_headers(head.headers, "Transfer-Encoding");
  if (lengths + encodings > 1)
    return "the head tells the body's length more than once; expected one Content-Length or one "
           "Transfer-Encoding";
  if (encodings == 1) {
    if (minor == 0) return "HTTP/1.0 has no Transfer-Encoding; send Content-Length";
    if (!same_name(*find_header(head.headers, "Transfer-Encoding"), "chunked"))
      return "Transfer-Encoding is understood as \"chunked\" only";
  }
  if (lengths == 1) {
    const std::string& value = *find_header(head.headers, "Content-Length");
    if (value.empty() || !std::ranges::all_of(value, is_decimal_digit))
      return "Content-Length is no whole number";
  }
  return {};
}

}  // namespace

HeadScanner::State HeadScanner::scan(std::string_view bytes) {
  while (state_ == State::incomplete && position_ < bytes.size()) state_ = step(bytes[position_++]);
  return state_;
}

HeadScanner::State HeadScanner::step(char byte) {
  const char before = last_;
  last_ = byte;
  if (is_forbidden_in_head(byte)) {
    return refuse(lines_ == 0 && is_line_empty_
                      ? "this is no HTTP (is it TLS? this port speaks plain HTTP)"
                      : "the head holds a control character");
  }
  if ((before == '\r') != (byte == '\n')) return refuse("lines of the head end in CR LF");
  if (byte == '\r') return State::incomplete;
  if (byte == '\n') {
    if (is_line_empty_ && lines_ > 0) return State::complete;
    if (is_line_empty_) begin_ = position_;
    if (!is_line_empty_) ++lines_;
    is_line_empty_ = true;
    return State::incomplete;
  }
  if (is_line_empty_ && (byte == ' ' || byte == '\t'))
    return refuse("a line of the head begins with a blank; values stand on one line");
  is_line_empty_ = false;
  return State::incomplete;
}

HeadScanner::State HeadScanner::refuse(std::string detail) {
  detail_ = std::move(detail);
  return State::bad;
}

std::optional<std::string> head_problem(const Request& head, int minor) {
  if (!head.target.starts_with('/'))
    return "the target is no path; expected one that begins with \"/\"";
  const int64_t hosts = count_headers(head.headers, "Host");
  if (hosts > 1) return "there is more than one Host header";
  if (hosts == 0 && minor > 0) return "there is no Host header, which HTTP/1.1 asks for";
  return length_problem(head, minor);
}

std::string request_id(const Request& head) {
  const std::string* own = find_header(head.headers, "X-Request-Id");
  if (own && !own->empty() && own->size() <= kLongestId && std::ranges::all_of(*own, is_id_letter))
    return *own;
  return random_request_id();
}

std::string forwarded_client(const Request& head) {
  const std::string* last = nullptr;
  for (const Header& header : head.headers) {
    if (same_name(header.name, "X-Forwarded-For")) last = &header.value;
  }
  if (!last) return {};
  std::string entry = without_blanks(last->substr(last->rfind(',') + 1));
  if (entry.starts_with('[')) {
    entry = entry.substr(1, entry.find(']') - 1);
  } else if (std::ranges::count(entry, ':') == 1) {
    entry.resize(entry.find(':'));
  }
  return is_ip_address(entry) ? entry : std::string();
}

}  // namespace fcclip::serve
