#pragma once
// A server on a free port of this machine, with short limits, for one test.

#include <thread>

#include "fcclip/serve/http_server.h"
#include "tests/serve/fake_application.h"
#include "tests/serve/raw_client.h"

namespace fcclip::serve::socket_test {

inline ServerOptions test_options() {
  ServerOptions options;
  options.port = 0;
  options.linger_time = std::chrono::seconds(2);
  return options;
}

class RunningServer {
 public:
  explicit RunningServer(ServerOptions options = test_options(), int threads = 2)
      : server(application, with_any_port(std::move(options))),
        thread_([this, threads] { server.run(threads); }) {}
  ~RunningServer() {
    server.stop();
    join();
  }

  RawClient connect() { return RawClient(server.local_address().port); }
  /// Waits for the end of run().
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  /// Whether so many are connected within ten seconds.
  bool wait_for_connections(int64_t count) {
    for (int i = 0; i < 1000 && server.connections() != count; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return server.connections() == count;
  }

  FakeApplication application;
  HttpServer server;

 private:
  static ServerOptions with_any_port(ServerOptions options) {
    options.port = 0;
    return options;
  }

  std::thread thread_;
};

/// All but the last `missing` bytes.
inline std::string all_but(size_t missing, const std::string& request) {
  return request.substr(0, request.size() - missing);
}

/// A request with a body.
inline std::string post(const std::string& target, const std::string& body,
                        const std::string& more_headers = "") {
  return "POST " + target +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         more_headers + "\r\n" + body;
}

inline std::string get(const std::string& target, const std::string& more_headers = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + more_headers + "\r\n";
}

}  // namespace fcclip::serve::socket_test
