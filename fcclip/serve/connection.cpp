#include "fcclip/serve/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <mutex>
#include <utility>

#include "fcclip/serve/request_head.h"
#include "fcclip/serve/response_head.h"

namespace fcclip::serve {
namespace {

constexpr size_t kHeadRead = 4 << 10;

std::string address_of_peer(const Socket& socket) {
  SocketError error;
  const asio::ip::address address = socket.remote_endpoint(error).address();
  if (error) return {};
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

/// What is left of both after `sent` bytes.
std::array<asio::const_buffer, 2> rest_of(std::string_view head, std::string_view body,
                                          size_t sent) {
  const size_t of_head = std::min(sent, head.size());
  head.remove_prefix(of_head);
  body.remove_prefix(sent - of_head);
  return {asio::buffer(head), asio::buffer(body)};
}

}  // namespace

/// One request and its answer; whoever ends tells the Application.
struct Connection::Exchange {
  Exchange(ServerState& with_server, const std::string& client) : server(with_server) {
    head.client = client;
  }
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void begin();
  void refuse(const Refused& refused);

  ServerState& server;
  Request head;
  std::optional<Response> response;
  const Clock::time_point start = Clock::now();
  bool is_begun = false, is_sent = false;
  bool keep = false;  ///< the connection goes on
  bool is_http_1_0 = false;
};

Connection::Exchange::~Exchange() {
  if (!is_begun) return;
  if (!is_sent && (server.orders & ServerState::kStop) != 0) server.was_cut = true;
  if (!response) response = Response{499};
  const std::chrono::duration<double> time = Clock::now() - start;
  try {
    server.application.finished(head, *response, time.count());
  } catch (...) {  // a log that cannot be written ends nobody's connection
  }
}

void Connection::Exchange::begin() {
  is_begun = true;
  head.id = request_id(head);
  if (!server.options.trust_forwarded_for) return;
  std::string client = forwarded_client(head);
  if (!client.empty()) head.client = std::move(client);
}

void Connection::Exchange::refuse(const Refused& refused) {
  if (!is_begun) begin();
  keep = false;
  response = server.application.problem(refused.status, refused.detail, head.id);
  if (refused.status == 503 && !find_header(response->headers, "Retry-After"))
    response->headers.push_back({"Retry-After", "1"});
}

/// Where a Reply finds who waits for it.
struct Connection::Mailbox {
  std::mutex mutex;
  std::shared_ptr<Connection> waiting;  ///< nullptr: nobody any more

  void deliver(Response response);
  void close() {
    const std::lock_guard lock(mutex);
    waiting.reset();
  }
};

void Connection::Mailbox::deliver(Response response) {
  std::shared_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex);
    connection = std::exchange(waiting, nullptr);
  }
  if (!connection) return;
  const Strand strand = connection->strand();
  asio::post(strand,
             [connection = std::move(connection), response = std::move(response)]() mutable {
               connection->take_in(std::move(response));
             });
}

Connection::Connection(ServerState& server, Socket socket)
    : server_(server),
      socket_(std::move(socket)),
      peer_(address_of_peer(socket_)),
      timer_(socket_.get_executor()),
      answered_(socket_.get_executor(), Clock::time_point::max()) {
  SocketError ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

Awaitable<void> Connection::run() {
  const std::shared_ptr<Connection> self = shared_from_this();
  try {
    bool goes_on = !peer_.empty();
    while (goes_on) goes_on = co_await serve_one();
    co_await linger();
  } catch (const Gone&) {
  } catch (const std::exception&) {  // no memory: the others go on
  }
  close();
  server_.remove(self);
}

Awaitable<void> Connection::turn_away() {
  const std::shared_ptr<Connection> self = shared_from_this();
  try {
    Exchange exchange(server_, peer_);
    exchange.refuse({503, "the server has as many connections as it may; try again"});
    co_await send(exchange);
    co_await linger();
  } catch (const Gone&) {
  } catch (const std::exception&) {
  }
  close();
  server_.remove(self);
}

Awaitable<bool> Connection::serve_one() {
  co_await wait_for_request();
  Exchange exchange(server_, peer_);
  try {
    co_await receive_and_answer(exchange);
  } catch (const Refused& refused) {
    exchange.refuse(refused);
  }
  co_await send(exchange);
  co_return exchange.keep;
}

Awaitable<void> Connection::wait_for_request() {
  if (!received().empty()) co_return;  // it was sent along with the one before
  buffer_.shrink_to_fit();
  if (is_draining()) throw Gone();
  is_idle_ = true;
  set_deadline(server_.options.idle_time);
  SocketError error;
  co_await socket_.async_wait(Socket::wait_read, into(error));
  is_idle_ = false;
  if (error) throw Gone();
}

Awaitable<void> Connection::receive_and_answer(Exchange& exchange) {
  RequestParser parser(server_.bodies, exchange.head);
  co_await read_head(parser, exchange);
  const Application& application = server_.application;
  exchange.response = application.refuse(exchange.head);
  if (exchange.response) {
    if (parser.has_body()) exchange.keep = false;
    co_return;
  }
  parser.limit_body(application.body_limit(exchange.head));
  parser.check_length();
  if (parser.has_body()) co_await read_body(parser, exchange);
  Request request = exchange.head;
  request.body = parser.take_body();
  co_await work(std::move(request), exchange);
}

Awaitable<void> Connection::read_head(RequestParser& parser, Exchange& exchange) {
  HeadScanner scanner;
  set_deadline(server_.options.header_time);
  while (scanner.scan(received()) != HeadScanner::State::complete) {
    if (!scanner.detail().empty()) throw Refused{400, scanner.detail()};
    if (room() == 0) {
      throw Refused{431, "the head is too large; expected at most " +
                             std::to_string(server_.options.header_bytes) + " bytes"};
    }
    const Read read = co_await read_some(kHeadRead);
    if (read != Read::some && received().size() == scanner.begin()) throw Gone();
    if (read == Read::end) throw Refused{400, "the connection ended within the head"};
    if (read == Read::late) throw Refused{408, "the head did not come in time"};
  }
  buffer_.consume(scanner.begin());
  const size_t size = scanner.end() - scanner.begin();
  parser.read_head(received().substr(0, size));
  buffer_.consume(size);
  exchange.is_http_1_0 = parser.is_http_1_0();
  exchange.keep = parser.keep_alive();
  exchange.begin();
}

Awaitable<void> Connection::read_body(RequestParser& parser, const Exchange& exchange) {
  const Clock::time_point start = Clock::now();
  const ServerOptions& options = server_.options;
  const std::string* expected = find_header(exchange.head.headers, "Expect");
  if (expected && same_name(*expected, "100-continue") && !exchange.is_http_1_0 &&
      received().empty())
    co_await send_bytes("HTTP/1.1 100 Continue\r\n\r\n", {});
  for (;;) {
    if (!received().empty()) {
      buffer_.consume(parser.read_body(received()));
      if (!parser.has_body()) co_return;
      if (room() == 0) throw Refused{400, "a chunk's head or the trailer is too large"};
    }
    set_deadline(start + options.body_time +
                 std::chrono::seconds(parser.body_bytes() / options.least_rate));
    const Read read = co_await read_some(room());
    const std::string came = std::to_string(parser.body_bytes()) + " bytes of the body came";
    if (read == Read::end) throw Refused{400, "the connection ended when " + came};
    if (read == Read::late) throw Refused{408, "no more than " + came + " in time"};
  }
}

Awaitable<void> Connection::work(Request request, Exchange& exchange) {
  const std::shared_ptr<Mailbox> box = std::make_shared<Mailbox>();
  box->waiting = shared_from_this();
  response_.reset();
  is_waiting_ = true;
  deadline_ = Clock::time_point::max();
  // An answer may come when the server is gone: its state stays for so long.
  Reply reply = [box, state = server_.shared_from_this()](Response response) {
    box->deliver(std::move(response));
  };
  const std::shared_ptr<Ticket> ticket =
      server_.application.answer(std::move(request), std::move(reply));
  watch();
  while (is_waiting_) {
    SocketError ignored;
    co_await answered_.async_wait(into(ignored));
  }
  ++round_;
  SocketError ignored;
  socket_.cancel(ignored);  // the watch
  box->close();
  if (!response_) {
    if (ticket) ticket->abandon();
    throw Gone();
  }
  exchange.response = std::move(response_);
}

Awaitable<void> Connection::send(Exchange& exchange) {
  if (is_draining()) exchange.keep = false;
  const Response& response = *exchange.response;
  const std::string head =
      response_head(response, {exchange.head.id, exchange.keep, exchange.is_http_1_0});
  std::string_view body;
  const bool is_bare =
      exchange.head.method == "HEAD" || response.status == 204 || response.status == 304;
  if (response.body && !is_bare) body = *response.body;
  co_await send_bytes(head, body);
  exchange.is_sent = true;
}

Awaitable<void> Connection::send_bytes(std::string_view head, std::string_view body) {
  const Clock::time_point start = Clock::now();
  const ServerOptions& options = server_.options;
  size_t sent = 0;
  while (sent < head.size() + body.size()) {
    set_deadline(start + options.write_time +
                 std::chrono::seconds(static_cast<int64_t>(sent) / options.least_rate));
    SocketError error;
    sent += co_await socket_.async_write_some(rest_of(head, body, sent), into(error));
    if (error) throw Gone();
  }
}

Awaitable<void> Connection::linger() {
  SocketError error;
  socket_.shutdown(Socket::shutdown_send, error);
  set_deadline(server_.options.linger_time);
  int64_t left = server_.options.linger_bytes;
  Read read = error ? Read::end : Read::some;
  while (read == Read::some && left > 0) {
    left -= static_cast<int64_t>(received().size());
    buffer_.clear();
    read = co_await read_some(room());
  }
}

Awaitable<Connection::Read> Connection::read_some(size_t most) {
  SocketError error;
  const size_t bytes =
      co_await socket_.async_read_some(buffer_.prepare(std::min(room(), most)), into(error));
  buffer_.commit(bytes);
  if (!error) co_return Read::some;
  if (error == asio::error::eof) co_return Read::end;
  if (is_late_) co_return Read::late;
  throw Gone();
}

std::string_view Connection::received() const {
  const asio::const_buffer bytes = buffer_.data();
  return {static_cast<const char*>(bytes.data()), bytes.size()};
}

size_t Connection::room() const {
  const auto most = static_cast<size_t>(server_.options.header_bytes);
  return most - std::min(most, received().size());
}

void Connection::obey() {
  asio::post(strand(), [self = shared_from_this()] {
    if (self->is_stopping()) {
      self->close();
      self->end_waiting();
    } else if (self->is_idle_) {
      SocketError ignored;
      self->socket_.cancel(ignored);
    }
  });
}

// While a request is worked on, what its client sends next is taken in up to what a head may have;
// behind that only a broken connection is seen.
void Connection::watch() {
  socket_.async_wait(
      room() > 0 ? Socket::wait_read : Socket::wait_error,
      [self = shared_from_this(), round = round_](SocketError error) { self->look(error, round); });
}

void Connection::look(SocketError error, int64_t round) {
  if (round != round_ || !is_waiting_) return;
  if (!error) take_pipelined(error);
  if (error) {
    end_waiting();
  } else {
    watch();
  }
}

void Connection::take_pipelined(SocketError& error) {
  if (room() == 0) {
    error = asio::error::connection_reset;
    return;
  }
  try {
    buffer_.commit(socket_.read_some(buffer_.prepare(std::min(room(), kHeadRead)), error));
  } catch (const std::bad_alloc&) {
    error = asio::error::no_memory;
  }
  if (error == asio::error::would_block) error = {};
}

void Connection::take_in(Response response) {
  if (!is_waiting_) return;
  response_ = std::move(response);
  end_waiting();
}

void Connection::end_waiting() {
  is_waiting_ = false;
  answered_.cancel();
}

void Connection::set_deadline(Clock::time_point deadline) {
  deadline_ = deadline;
  is_late_ = false;
  if (!is_timer_armed_ || timer_.expiry() > deadline_) arm_timer();
}

// Deadlines move with every read and write: the timer is set anew when it has run out, or to come
// earlier.
void Connection::arm_timer() {
  is_timer_armed_ = true;
  timer_.expires_at(deadline_);
  timer_.async_wait([self = shared_from_this()](SocketError error) {
    if (error) return;
    self->is_timer_armed_ = false;
    if (self->deadline_ == Clock::time_point::max()) return;
    if (Clock::now() < self->deadline_) return self->arm_timer();
    self->is_late_ = true;
    SocketError ignored;
    self->socket_.cancel(ignored);
  });
}

void Connection::close() {
  deadline_ = Clock::time_point::max();
  timer_.cancel();
  SocketError ignored;
  socket_.close(ignored);
}

}  // namespace fcclip::serve
