#pragma once
// What must hold of a request's head before anybody looks at what it asks for. No sockets here.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fcclip/serve/message.h"

namespace fcclip::serve {

/// Finds the end of a head in bytes that come piece by piece, and what no head may hold: control
/// characters, lines that end otherwise than in CR LF, lines that continue the one before. Each byte
/// is looked at once.
class HeadScanner {
 public:
  /// What is known after the bytes so far.
  enum class State { incomplete, complete, bad };

  /// All bytes so far, those of the last call among them. Stays where it is once complete or bad.
  State scan(std::string_view bytes);

  /// Of empty lines before the request line, which are passed over.
  size_t begin() const { return begin_; }
  /// Behind the empty line, where complete.
  size_t end() const { return position_; }
  /// What is bad, for people.
  const std::string& detail() const { return detail_; }

 private:
  State step(char byte);
  State refuse(std::string detail);

  State state_ = State::incomplete;
  size_t begin_ = 0, position_ = 0;
  char last_ = '\n';
  bool is_line_empty_ = true;
  int64_t lines_ = 0;
  std::string detail_;
};

/// Why a head that can be read is refused all the same, or nothing: how long its body is must be
/// beyond doubt (RFC 9112, 6.3), and a host must be named once. `minor` is that of HTTP/1.
std::optional<std::string> head_problem(const Request& head, int minor);

/// The client's own id where it is fit for logs, else a random one of 16 hexadecimal digits.
std::string request_id(const Request& head);

/// The last entry of X-Forwarded-For, without a port, where it is an address; else empty.
std::string forwarded_client(const Request& head);

}  // namespace fcclip::serve
