#pragma once
// Beast's parser, filling this project's own Request.

#include <boost/beast/http/basic_parser.hpp>
#include <limits>
#include <string>
#include <string_view>

#include "fcclip/serve/server_state.h"

namespace fcclip::serve {

/// A request that is answered with an error, and the connection's end.
struct Refused {
  int status;
  std::string detail;
};

namespace beast = boost::beast;

/// Takes a head in one piece, then a body in any. The head's own length is the caller's to bound.
class RequestParser final : public beast::http::basic_parser<true> {
 public:
  /// Fills `head`, as far as it can be read.
  RequestParser(Budget& bodies, Request& head) : head_(head), claim_(bodies) {
    header_limit(std::numeric_limits<std::uint32_t>::max());
    body_limit(boost::none);  // counted here, by the byte
  }

  /// Both return how many of the bytes were read; throw Refused. The head must be whole.
  size_t read_head(std::string_view bytes);
  /// As far as it is there; throws Refused.
  size_t read_body(std::string_view bytes);

  bool is_http_1_0() const { return minor_ == 0; }
  bool has_body() const { return !is_done(); }
  /// To be said before the body is read.
  void limit_body(int64_t bytes) { most_body_bytes_ = bytes; }
  int64_t body_bytes() const { return static_cast<int64_t>(body_.size()); }
  /// Throws Refused where the length that the head tells is beyond the limit.
  void check_length() const;
  std::string take_body() { return std::move(body_); }

 private:
  using View = beast::string_view;
  using Error = beast::error_code;

  void on_request_impl(beast::http::verb, View method, View target, int version, Error&) override;
  void on_response_impl(int, View, int, Error&) override {}
  void on_field_impl(beast::http::field, View name, View value, Error& error) override;
  void on_header_impl(Error&) override { is_head_read_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  size_t on_body_impl(View part, Error& error) override { return add(part, error); }
  // What a chunk promises is refused before it comes.
  void on_chunk_header_impl(std::uint64_t size, View, Error& error) override {
    if (size > static_cast<std::uint64_t>(most_body_bytes_) - body_.size())
      error = beast::http::error::body_limit;
  }
  size_t on_chunk_body_impl(std::uint64_t, View part, Error& error) override {
    return add(part, error);
  }
  void on_finish_impl(Error&) override {}

  size_t add(View part, Error& error);
  void make_room(size_t bytes);
  [[noreturn]] void refuse(const Error& error) const;

  Request& head_;
  int minor_ = 1;
  bool is_head_read_ = false;
  std::string body_;
  int64_t most_body_bytes_ = 0;
  Claim claim_;
};

}  // namespace fcclip::serve
