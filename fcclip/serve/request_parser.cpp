#include "fcclip/serve/request_parser.h"

#include <algorithm>
#include <new>

#include "fcclip/serve/request_head.h"

namespace fcclip::serve {
namespace {

using HttpError = beast::http::error;

constexpr size_t kMostFields = 100, kLongestFieldName = 256, kLongestValue = 8 << 10;
// Memory is taken for what has come, not for what a head promises.
constexpr size_t kFirstRoom = 1 << 20;

std::string text_of(beast::string_view view) {
  return {view.data(), view.size()};
}

}  // namespace

bool Budget::take(int64_t bytes) {
  if (held_.fetch_add(bytes) + bytes <= most_) return true;
  held_ -= bytes;
  return false;
}

bool Claim::take(int64_t bytes) {
  if (!budget_.take(bytes)) return false;
  held_ += bytes;
  return true;
}

size_t RequestParser::read_head(std::string_view bytes) {
  Error error;
  const size_t read = put(asio::buffer(bytes), error);
  if (error) refuse(error);
  if (const std::optional<std::string> problem = head_problem(head_, minor_))
    throw Refused{400, *problem};
  eager(true);
  return read;
}

size_t RequestParser::read_body(std::string_view bytes) {
  Error error;
  const size_t read = put(asio::buffer(bytes), error);
  if (error && error != HttpError::need_more) refuse(error);
  return read;
}

void RequestParser::check_length() const {
  const boost::optional<std::uint64_t> length = content_length();
  if (length && *length > static_cast<std::uint64_t>(most_body_bytes_))
    refuse(make_error_code(HttpError::body_limit));
}

void RequestParser::on_request_impl(beast::http::verb, View method, View target, int version,
                                    Error&) {
  head_.method = text_of(method);
  head_.target = text_of(target);
  minor_ = version % 10;
}

void RequestParser::on_field_impl(beast::http::field, View name, View value, Error& error) {
  if (is_head_read_) return;  // a trailer, which nobody asked for
  if (head_.headers.size() >= kMostFields || name.size() > kLongestFieldName ||
      value.size() > kLongestValue) {
    error = HttpError::header_limit;
    return;
  }
  head_.headers.push_back({text_of(name), text_of(value)});
}

size_t RequestParser::add(View part, Error& error) {
  if (body_.size() + part.size() > static_cast<size_t>(most_body_bytes_)) {
    error = HttpError::body_limit;
    return 0;
  }
  if (!claim_.take(static_cast<int64_t>(part.size()))) {
    error = HttpError::buffer_overflow;
    return 0;
  }
  try {
    make_room(body_.size() + part.size());
  } catch (const std::bad_alloc&) {
    error = HttpError::buffer_overflow;
    return 0;
  }
  body_.append(part.data(), part.size());
  return part.size();
}

void RequestParser::make_room(size_t bytes) {
  if (bytes <= body_.capacity()) return;
  const boost::optional<std::uint64_t> length = content_length();
  const size_t whole = length ? *length : static_cast<size_t>(most_body_bytes_);
  const bool is_known = length && (bytes > kFirstRoom || whole <= kFirstRoom);
  body_.reserve(is_known ? whole : std::min(whole, std::max(bytes, 2 * body_.capacity())));
}

void RequestParser::refuse(const Error& error) const {
  if (error == HttpError::body_limit)
    throw Refused{413, "the body is too large; expected at most " +
                           std::to_string(most_body_bytes_) + " bytes"};
  if (error == HttpError::buffer_overflow)
    throw Refused{503, "the server holds as many bytes of other requests as it may; try again"};
  if (error == HttpError::header_limit)
    throw Refused{431, "the head is too large; expected at most " + std::to_string(kMostFields) +
                           " headers, names of " + std::to_string(kLongestFieldName) +
                           " bytes, values of " + std::to_string(kLongestValue)};
  if (error == HttpError::bad_version)
    throw Refused{400, "not HTTP/1.1 or HTTP/1.0, which this server speaks"};
  if (error == HttpError::bad_transfer_encoding || error == HttpError::bad_content_length ||
      error == HttpError::multiple_content_length) {
    throw Refused{400,
                  "the body's length is not clear; expected one Content-Length (a whole number) or "
                  "\"Transfer-Encoding: chunked\""};
  }
  if (is_head_read_) throw Refused{400, "the chunked body cannot be read: " + error.message()};
  throw Refused{400, "the head cannot be read: " + error.message()};
}

}  // namespace fcclip::serve
