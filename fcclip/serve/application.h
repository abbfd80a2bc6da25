#pragma once
// What the network side knows of the routes: it hands over requests and gets answers, without ever
// waiting for the model.

#include <functional>
#include <memory>
#include <optional>

#include "fcclip/serve/message.h"

namespace fcclip::serve {

/// Work that was begun for one request.
class Ticket {
 public:
  virtual ~Ticket() = default;
  /// The client is gone: its place in the queue is free at once, running work stops soon, and the
  /// answer is dropped. From any thread, any number of times.
  virtual void abandon() = 0;
};

/// Called once, from any thread, also before answer() returned.
using Reply = std::function<void(Response)>;

class Application {
 public:
  virtual ~Application() = default;

  /// What the head alone says, before a body is read: an error answer (foreign Host or Origin, no
  /// token, unknown route, wrong method, a length beyond the route's limit), or nothing. Never
  /// waits, never throws.
  virtual std::optional<Response> refuse(const Request& head) const = 0;

  /// Bytes that a body of this request may have.
  virtual int64_t body_limit(const Request& head) const = 0;

  /// Begins the work of a whole request. Never waits, never throws: errors are answers.
  virtual std::shared_ptr<Ticket> answer(Request request, Reply reply) = 0;

  /// An answer in the form that errors have, for what the network side finds by itself: 400 (what
  /// cannot be read), 408, 413, 431, 503.
  virtual Response problem(int status, const std::string& detail,
                           const std::string& request_id) const = 0;

  /// After the last byte was sent (or the client went): for the log and the counters.
  virtual void finished(const Request& head, const Response& response, double seconds) = 0;
};

}  // namespace fcclip::serve
