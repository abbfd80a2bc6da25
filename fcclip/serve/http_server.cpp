#include "fcclip/serve/http_server.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "fcclip/core/error.h"
#include "fcclip/serve/connection.h"
#include "fcclip/serve/listen_address.h"

namespace fcclip::serve {
namespace {

using Endpoint = asio::ip::tcp::endpoint;

constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr size_t kTurnedAway = 64;  ///< connections beyond the most that are told why

[[noreturn]] void refuse_to_listen(const std::string& where, const SocketError& error) {
  if (error == asio::error::address_in_use)
    fail(ErrorCode::io_failure, "cannot listen on ", where,
         ": another program has this port; end it, or take another port (port 0: any)");
  if (error == asio::error::access_denied)
    fail(ErrorCode::io_failure, "cannot listen on ", where,
         ": no permission (ports below 1024 are the system's); take a port from 1024 on");
  if (error == SocketError(EADDRNOTAVAIL, boost::system::system_category()))
    fail(ErrorCode::invalid_argument, "cannot listen on ", where,
         ": this machine has no such address; take one of its own, or 127.0.0.1");
  fail(ErrorCode::io_failure, "cannot listen on ", where, ": ", error.message());
}

/// The address of a name; IPv4 goes first, as most clients of "localhost" have it.
Endpoint endpoint_of(const ServerOptions& options, asio::io_context& context,
                     const std::string& where) {
  if (options.address.empty()) return {asio::ip::address_v6::any(), options.port};
  SocketError error;
  asio::ip::tcp::resolver resolver(context);
  const auto found = resolver.resolve(options.address, std::to_string(options.port),
                                      asio::ip::resolver_base::passive, error);
  if (error || found.empty())
    fail(ErrorCode::invalid_argument, "cannot listen on ", where, ": ", options.address,
         " is no address that this machine knows; take one of its own, or 127.0.0.1");
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) return entry.endpoint();
  }
  return found.begin()->endpoint();
}

void listen_at(ServerState& state) {
  const ServerOptions& options = state.options;
  const std::string where = ListenAddress{options.address, options.port}.text();
  Endpoint endpoint = endpoint_of(options, state.context, where);
  auto& acceptor = state.acceptor;
  SocketError error;
  acceptor.open(endpoint.protocol(), error);
  if (error == asio::error::address_family_not_supported && options.address.empty()) {
    endpoint = {asio::ip::address_v4::any(), options.port};  // a machine without IPv6
    acceptor.open(endpoint.protocol(), error);
  }
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && endpoint.address().is_v6() && options.address.empty())
    acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) refuse_to_listen(where, error);
}

void allow_open_files(int64_t count) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = std::min(limit.rlim_max, static_cast<rlim_t>(count));
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  setrlimit(RLIMIT_NOFILE, &limit);  // where it is refused, connections wait to be accepted
}

void admit(ServerState& state, Socket socket) {
  size_t count = 0;
  {
    const std::lock_guard lock(state.mutex);
    count = state.connections.size();
  }
  const auto most = static_cast<size_t>(state.options.connections);
  if (count >= most + kTurnedAway) return;
  const auto connection = std::make_shared<Connection>(state, std::move(socket));
  state.add(connection);
  try {
    asio::co_spawn(connection->strand(), count < most ? connection->run() : connection->turn_away(),
                   asio::detached);
  } catch (...) {
    state.remove(connection);
    throw;
  }
}

Awaitable<void> accept_all(ServerState& state) {
  Timer pause(state.strand);
  while (state.orders == 0) {
    SocketError error;
    Socket socket =
        co_await state.acceptor.async_accept(asio::make_strand(state.context), into(error));
    if (state.orders != 0) break;
    try {
      if (!error) admit(state, std::move(socket));
    } catch (const std::exception&) {
      error = asio::error::no_memory;
    }
    if (!error) continue;
    pause.expires_after(kAcceptPause);  // no more files or memory: others must end first
    co_await pause.async_wait(into(error));
  }
}

Awaitable<void> follow_orders(ServerState& state) {
  for (;;) {
    SocketError error;
    co_await state.orders_in.async_wait(asio::posix::descriptor_base::wait_read, into(error));
    if (error) co_return;
    uint64_t count = 0;
    while (read(state.orders_in.native_handle(), &count, sizeof(count)) < 0 && errno == EINTR) {
    }
    state.acceptor.close(error);
    {
      const std::lock_guard lock(state.mutex);
      for (const auto& connection : state.connections) connection->obey();
    }
    state.end_when_empty();
  }
}

// What a handler throws (no memory) is that handler's end, not the server's.
void run_context(asio::io_context& context) {
  for (;;) {
    try {
      context.run();
      return;
    } catch (const std::exception&) {
    }
  }
}

}  // namespace

ServerState::ServerState(Application& with_application, ServerOptions with_options)
    : application(with_application),
      options(std::move(with_options)),
      bodies(options.buffered_bytes),
      strand(asio::make_strand(context)),
      acceptor(strand),
      orders_in(strand),
      orders_out(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  const int copy = orders_out < 0 ? -1 : fcntl(orders_out, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) fail(ErrorCode::io_failure, "cannot make an eventfd: too many files are open");
  orders_in.assign(copy);
}

ServerState::~ServerState() {
  if (orders_out >= 0) ::close(orders_out);
}

void ServerState::order(int what) {
  const int kept = errno;
  orders |= what;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(orders_out, &one, sizeof(one));
  errno = kept;
}

void ServerState::add(const std::shared_ptr<Connection>& connection) {
  const std::lock_guard lock(mutex);
  connections.insert(connection);
}

void ServerState::remove(const std::shared_ptr<Connection>& connection) {
  {
    const std::lock_guard lock(mutex);
    connections.erase(connection);
  }
  if (orders != 0) end_when_empty();
}

void ServerState::end_when_empty() {
  asio::post(strand, [this] {
    if (acceptor.is_open()) return;  // orders were given and not followed yet
    const std::lock_guard lock(mutex);
    if (connections.empty()) orders_in.close();
  });
}

HttpServer::HttpServer(Application& application, ServerOptions options)
    : state_(std::make_shared<ServerState>(application, std::move(options))) {
  allow_open_files(state_->options.connections + 512);
  listen_at(*state_);
  const Endpoint endpoint = state_->acceptor.local_endpoint();
  address_ = {endpoint.address().to_string(), endpoint.port()};
}

HttpServer::~HttpServer() = default;

void HttpServer::run(int threads) {
  asio::co_spawn(state_->strand, accept_all(*state_), asio::detached);
  asio::co_spawn(state_->strand, follow_orders(*state_), asio::detached);
  std::vector<std::jthread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back([this] { run_context(state_->context); });
  run_context(state_->context);
}

void HttpServer::drain() {
  state_->order(ServerState::kDrain);
}

void HttpServer::stop() {
  state_->order(ServerState::kStop);
}

bool HttpServer::drained() const {
  return state_->orders != 0 && !state_->was_cut;
}

int64_t HttpServer::connections() const {
  const std::lock_guard lock(state_->mutex);
  return std::ssize(state_->connections);
}

int64_t HttpServer::buffered_bytes() const {
  return state_->bodies.held();
}

}  // namespace fcclip::serve
