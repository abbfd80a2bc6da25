#pragma once
// HTTP messages as the routes see them: plain values, without a socket.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fcclip::serve {

struct Header {
  std::string name, value;
};

/// A whole request. Whoever makes it has checked lengths and that header names are tokens.
struct Request {
  std::string method;                ///< "POST"
  std::string target;                ///< "/v1/images?words=cat", as it was sent
  std::vector<Header> headers = {};  ///< in their order; names in any case
  std::string body = {};
  std::string client = {};  ///< the peer's address without its port: places in the queue are shared
                            ///< out by it
  std::string id = {};      ///< told in the answer and the log
};

struct Response {
  int status = 200;
  std::string content_type = {};                 ///< empty: no body
  std::vector<Header> headers = {};              ///< beside those that every answer has
  std::shared_ptr<const std::string> body = {};  ///< shared: static files are never copied
};

/// Names of headers, and what else HTTP compares without regard to case (ASCII).
bool same_name(std::string_view a, std::string_view b);

/// The first header of that name, in any case; nullptr: there is none.
const std::string* find_header(const std::vector<Header>& headers, std::string_view name);

/// How often a header of that name occurs.
int64_t count_headers(const std::vector<Header>& headers, std::string_view name);

/// A body of its own.
Response with_body(int status, std::string content_type, std::string body);

}  // namespace fcclip::serve
