#pragma once
// Boost's names for this folder. Only the sources of the group "sockets" (CMakeLists.txt) include
// it: Boost's headers are compiled once.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace fcclip::serve {

namespace asio = boost::asio;
using SocketError = boost::system::error_code;
/// What belongs to one connection runs one after another, on whichever thread.
using Strand = asio::strand<asio::io_context::executor_type>;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Strand>;
using Clock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Strand>;
template <typename Value>
using Awaitable = asio::awaitable<Value, Strand>;

/// co_await f(…, into(error)) stores what went wrong instead of throwing it.
inline auto into(SocketError& error) {
  return asio::redirect_error(asio::use_awaitable_t<Strand>(), error);
}

}  // namespace fcclip::serve
