#pragma once
// HTTP/1.1 over TCP: reads requests within bounds, hands them to an Application, and sends what it
// answers. One coroutine a connection; the threads of run() never wait for the model.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "fcclip/serve/application.h"
#include "fcclip/serve/listen_address.h"

namespace fcclip::serve {

/// Where to listen, and what a client may use of memory and time.
struct ServerOptions {
  using Time = std::chrono::milliseconds;

  std::string address = "127.0.0.1";  ///< a name or an address; empty: every one of the machine
  uint16_t port = 8080;               ///< 0: any that is free
  int64_t header_bytes = 16 << 10;    ///< of a request's head: else 431
  int64_t connections = 4096;         ///< at once; a further one gets 503
  /// Of all bodies together, from their arrival to their answer; whose next part would exceed it
  /// gets 503.
  int64_t buffered_bytes = int64_t{1} << 30;
  Time header_time{10'000};  ///< from a head's first byte to its last: else 408
  Time body_time{60'000};    ///< for a body, plus a second for every least_rate bytes that came
  Time write_time{60'000};   ///< for an answer, plus a second for every least_rate bytes that went
  Time idle_time{60'000};    ///< a connection without a request
  int64_t least_rate = 8 << 10;  ///< bytes a second
  /// Where an answer is the connection's last, what the client still sends is read and dropped for
  /// so long, so that it gets to read the answer.
  Time linger_time{5'000};
  int64_t linger_bytes = int64_t{64} << 20;  ///< dropped at most meanwhile
  bool trust_forwarded_for = false;  ///< Request::client is the last entry of X-Forwarded-For
};

/// A client that hangs up while its request is worked on is noticed (also one that only ends its
/// own sending, as most servers take it): its Ticket is abandoned, and finished() is told status 499. finished() may be told a head whose method and target are empty:
/// what came could not be read, or was not read.
class HttpServer {
 public:
  /// Listens at once, also before run(). Lets the process have as many files open as connections
  /// need, where the system allows it. Throws Error{io_failure} for a port that cannot be had and
  /// Error{invalid_argument} for an address that is not this machine's.
  HttpServer(Application& application, ServerOptions options);
  ~HttpServer();

  /// Where it listens indeed, with the port that the system chose for 0.
  const ListenAddress& local_address() const { return address_; }

  /// Serves until drain() or stop(), once. Blocks; `threads` in all, the caller's among them.
  void run(int threads = 1);

  /// No new connection; running requests are finished, idle connections closed, then run() returns.
  /// From any thread and from a signal handler.
  void drain();
  /// Ends running requests too: their tickets are abandoned. From any thread and from a signal
  /// handler.
  void stop();
  /// After run(): every request that was begun has been answered.
  bool drained() const;

  /// Right now.
  int64_t connections() const;
  int64_t buffered_bytes() const;

 private:
  std::shared_ptr<struct ServerState> state_;
  ListenAddress address_;
};

}  // namespace fcclip::serve
