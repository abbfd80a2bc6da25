#pragma once
// What the connections of one server share.

#include <atomic>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "fcclip/serve/http_server.h"
#include "fcclip/serve/sockets.h"

namespace fcclip::serve {

class Connection;

/// Bytes of which there are so many for all.
class Budget {
 public:
  explicit Budget(int64_t most) : most_(most) {}
  /// Whether there were as many left.
  bool take(int64_t bytes);
  void give(int64_t bytes) { held_ -= bytes; }
  int64_t held() const { return held_; }

 private:
  const int64_t most_;
  std::atomic<int64_t> held_{0};
};

/// What one request has taken of it.
class Claim {
 public:
  explicit Claim(Budget& budget) : budget_(budget) {}
  ~Claim() { budget_.give(held_); }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  /// See Budget::take; given back at the end.
  bool take(int64_t bytes);

 private:
  Budget& budget_;
  int64_t held_ = 0;
};

/// Lives until the last Reply is gone, which an Application may hold longer than the server.
struct ServerState : std::enable_shared_from_this<ServerState> {
  ServerState(Application& with_application, ServerOptions with_options);
  ~ServerState();
  ServerState(const ServerState&) = delete;
  ServerState& operator=(const ServerState&) = delete;

  /// Whether the order could be passed on is nobody's to know: from signal handlers.
  void order(int what);
  void add(const std::shared_ptr<Connection>& connection);
  void remove(const std::shared_ptr<Connection>& connection);
  /// So that run() returns when the last connection has ended.
  void end_when_empty();

  static constexpr int kDrain = 1, kStop = 2;

  Application& application;
  const ServerOptions options;
  Budget bodies;
  asio::io_context context;
  Strand strand;  ///< the acceptor's and the orders'
  asio::basic_socket_acceptor<asio::ip::tcp, Strand> acceptor;
  asio::posix::basic_stream_descriptor<Strand> orders_in;
  const int orders_out;              ///< a file descriptor that orders_in reads
  std::atomic<int> orders{0};        ///< kDrain and kStop
  std::atomic<bool> was_cut{false};  ///< a request was begun and not answered
  std::mutex mutex;
  std::unordered_set<std::shared_ptr<Connection>> connections;  ///< destroyed before the context
};

}  // namespace fcclip::serve
