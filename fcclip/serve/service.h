#pragma once
// The routes as one application: what the network side talks to.

#include <functional>
#include <memory>

#include "fcclip/serve/application.h"
#include "fcclip/serve/guard.h"
#include "fcclip/serve/limits.h"
#include "fcclip/serve/model_shelf.h"

namespace fcclip::serve {

/// A request that was answered, for the log.
struct AccessRecord {
  std::string id, client, method, path;  ///< path without the query, which may hold words
  int status = 0;
  int64_t bytes = 0;  ///< of the answer's body
  double seconds = 0;
  std::string timing;  ///< Server-Timing, where it was work
};

struct ServiceOptions {
  Limits limits;
  GuardOptions guard;
  std::function<void(const AccessRecord&)> log;  ///< by one thread at a time; may be empty
};

/// Works as soon as it is made; requests for a model that is not loaded get 503.
class Service : public Application {
 public:
  /// `models` outlives it.
  Service(ModelShelf& models, ServiceOptions options);
  ~Service() override;

  std::optional<Response> refuse(const Request& head) const override;
  int64_t body_limit(const Request& head) const override;
  std::shared_ptr<Ticket> answer(Request request, Reply reply) override;
  Response problem(int status, const std::string& detail,
                   const std::string& request_id) const override;
  void finished(const Request& head, const Response& response, double seconds) override;

  /// From now on not ready, and no new work.
  void drain();
  /// No request waits or is worked on.
  bool is_idle() const;
  /// Prepares all built-in words for every model while nobody else works, so that "what is this?"
  /// is quick. Returns when done or when `go_on` says no.
  void warm(const std::function<bool()>& go_on);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fcclip::serve
