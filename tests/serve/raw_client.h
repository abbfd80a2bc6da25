#pragma once
// A client that sends what it is told, byte by byte.

#include <arpa/inet.h>
#include <cstdlib>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "fcclip/serve/message.h"

namespace fcclip::serve::socket_test {

struct Answer {
  int status = 0;  ///< 0: the connection ended before an answer was whole
  std::vector<Header> headers = {};
  std::string body = {};

  std::string header(std::string_view name) const {
    const std::string* value = find_header(headers, name);
    return value ? *value : std::string();
  }
};

class RawClient {
 public:
  explicit RawClient(uint16_t port, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0)
      setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    const timeval limit{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawClient() { hang_up(); }
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        is_connected_(other.is_connected_),
        came_(std::move(other.came_)) {}
  RawClient& operator=(RawClient&&) = delete;

  bool is_connected() const { return is_connected_; }

  /// Whether all of it went.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  void end_sending() { ::shutdown(socket_, SHUT_WR); }
  void hang_up() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  /// Ends with a reset instead.
  void reset() {
    const linger now{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    hang_up();
  }

  Answer read(bool has_body = true) {
    Answer answer;
    size_t end;
    while ((end = came_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return answer;
    }
    parse(came_.substr(0, end + 2), answer);
    came_.erase(0, end + 4);
    const size_t length = std::strtoull(answer.header("Content-Length").c_str(), nullptr, 10);
    if (!has_body) return answer;
    while (came_.size() < length) {
      if (!read_more()) return {};
    }
    answer.body = came_.substr(0, length);
    came_.erase(0, length);
    return answer;
  }
  Answer ask(std::string_view bytes) {
    send(bytes);
    return read();
  }
  /// Whether the server has ended the connection, nothing more having come.
  bool is_ended() {
    char byte;
    return came_.empty() && ::recv(socket_, &byte, 1, 0) == 0;
  }
  bool has_something(int milliseconds) {
    const timeval limit{milliseconds / 1000, milliseconds % 1000 * 1000};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    char byte;
    return !came_.empty() || ::recv(socket_, &byte, 1, MSG_PEEK) >= 0;
  }

 private:
  bool read_more() {
    char bytes[65536];
    const ssize_t got = ::recv(socket_, bytes, sizeof(bytes), 0);
    if (got > 0) came_.append(bytes, static_cast<size_t>(got));
    return got > 0;
  }

  static void parse(const std::string& head, Answer& answer) {
    answer.status = std::atoi(head.substr(head.find(' ') + 1, 3).c_str());
    size_t line = head.find("\r\n") + 2;
    while (line < head.size()) {
      const size_t end = head.find("\r\n", line), colon = head.find(": ", line);
      answer.headers.push_back(
          {head.substr(line, colon - line), head.substr(colon + 2, end - colon - 2)});
      line = end + 2;
    }
  }

  int socket_;
  bool is_connected_ = false;
  std::string came_;
};

}  // namespace fcclip::serve::socket_test
