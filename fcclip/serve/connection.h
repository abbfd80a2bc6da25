#pragma once
// One client's connection: request after request, each within its bounds.

#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <optional>

#include "fcclip/serve/request_parser.h"
#include "fcclip/serve/server_state.h"

namespace fcclip::serve {

/// All of it runs in the strand of its socket, but for what says otherwise.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(ServerState& server, Socket socket);

  /// Serves until the connection ends. Throws nothing.
  Awaitable<void> run();
  /// Says 503 and ends: there are too many connections. Throws nothing.
  Awaitable<void> turn_away();

  /// From any thread: see ServerState::orders.
  void obey();
  Strand strand() { return socket_.get_executor(); }

 private:
  struct Exchange;
  struct Mailbox;
  struct Gone {};  ///< thrown: nobody is there to be answered
  enum class Read { some, end, late };

  Awaitable<bool> serve_one();
  Awaitable<void> wait_for_request();
  Awaitable<void> receive_and_answer(Exchange& exchange);
  Awaitable<void> read_head(RequestParser& parser, Exchange& exchange);
  Awaitable<void> read_body(RequestParser& parser, const Exchange& exchange);
  Awaitable<void> work(Request request, Exchange& exchange);
  Awaitable<void> send(Exchange& exchange);
  Awaitable<void> send_bytes(std::string_view head, std::string_view body);
  Awaitable<void> linger();
  Awaitable<Read> read_some(size_t most);

  bool is_draining() const { return server_.orders != 0; }
  bool is_stopping() const { return (server_.orders & ServerState::kStop) != 0; }
  std::string_view received() const;
  size_t room() const;

  void watch();
  void look(SocketError error, int64_t round);
  void take_pipelined(SocketError& error);
  void take_in(Response response);
  void end_waiting();

  void set_deadline(Clock::time_point deadline);
  void set_deadline(ServerOptions::Time time) { set_deadline(Clock::now() + time); }
  void arm_timer();
  void close();

  ServerState& server_;  ///< owns this
  Socket socket_;
  std::string peer_;
  beast::flat_buffer buffer_;  ///< what came and was not read yet; empty ones take no memory

  Timer timer_;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool is_timer_armed_ = false;
  bool is_late_ = false;  ///< the deadline passed, and what was pending was cancelled

  bool is_idle_ = false;
  Timer answered_;  ///< never runs out: cancelled when the waiting ends
  bool is_waiting_ = false;
  int64_t round_ = 0;  ///< of waiting: later calls of look() belong to none
  std::optional<Response> response_;
};

}  // namespace fcclip::serve
