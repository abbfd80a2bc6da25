#include "fcclip/serve/service.h"

#include <thread>

#include "fcclip/core/boundary.h"
#include "fcclip/core/listed.h"
#include "fcclip/serve/header_values.h"
#include "fcclip/serve/pipeline.h"
#include "fcclip/serve/problem.h"
#include "fcclip/serve/routes.h"
#include "fcclip/serve/service_parts.h"
#include "fcclip/text/printable.h"

namespace fcclip::serve {
namespace {

/// A request that was understood as far as its head.
struct Understood {
  Match match;
  Fields query;
};

Understood understand(const Request& head) {
  Target target = parse_target(head.target);
  return {match(head.method, target.path), std::move(target.query)};
}

void check_route(const Request& head, const Match& found) {
  if (found.route != nullptr) return;
  if (found.allowed.empty())
    fail(ErrorCode::not_found, "nothing is at ", text::printable(head.target, 80));
  fail(ErrorCode::not_allowed, text::printable(head.method, 20), " is not allowed here; ",
       found.allowed);
}

void check_accept(const Request& head, const Route& route) {
  if (route.offers.empty()) return;
  if (!negotiate(find_header(head.headers, "Accept"), route.offers).empty()) return;
  fail(ErrorCode::not_acceptable, "the answer is ", listed(route.offers),
       "; Accept takes none of it");
}

bool is_inference_protocol(const Request& head) {
  return head.target.starts_with("/v2");
}

// The Open Inference Protocol has its message under "error".
Response with_error_member(Response response, const std::string& detail) {
  nlohmann::json body = nlohmann::json::parse(*response.body);
  body["error"] = detail;
  using nlohmann::json;
  response.body = std::make_shared<const std::string>(
      body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
  return response;
}

Response problem_for(const Request& head, const Error& error) {
  Response response = fcclip::serve::problem(error.code(), error.what(), head.id);
  if (is_inference_protocol(head)) response = with_error_member(std::move(response), error.what());
  return response;
}

class WorkTicket : public Ticket {
 public:
  WorkTicket(std::shared_ptr<Work> work, Pipeline& pipeline)
      : work_(std::move(work)), pipeline_(pipeline) {}
  void abandon() override {
    work_->abandon();
    pipeline_.forget(*work_);
  }

 private:
  std::shared_ptr<Work> work_;
  Pipeline& pipeline_;
};

}  // namespace

struct Service::Impl {
  Impl(ModelShelf& models, ServiceOptions options)
      : parts(options.limits, models),
        guard(std::move(options.guard)),
        log(std::move(options.log)),
        pipeline(parts) {
    parts.pipeline = &pipeline;
  }

  // Throws Error for every reason not to read the body.
  void check_head(const Request& head, const Understood& request) const {
    check_route(head, request.match);
    const Route& route = *request.match.route;
    if (!route.is_public) {
      if (const auto error = guard.check_token(head)) throw Error(*error);
    }
    check_accept(head, route);
    if (route.work == nullptr) return;
    if (parts.draining) fail(ErrorCode::unavailable, "the server is ending");
    parts.admission.check(head.client);
  }

  Response preflight(const Request& head, const Match& found) const {
    if (found.allowed.empty() && found.route == nullptr) check_route(head, found);
    Response response{204, {}, guard.cors_headers(head, true), nullptr};
    response.headers.push_back({"Allow", allowed_at(head)});
    return response;
  }

  static std::string allowed_at(const Request& head) {
    return match("OPTIONS", parse_target(head.target).path).allowed + ", OPTIONS";
  }

  std::shared_ptr<Ticket> begin_work(Request request, Understood understood, Reply reply) {
    parts.admission.enter(request.client);
    const std::string client = request.client;
    const auto leave = [this, client] { parts.admission.leave(client); };
    const auto work = std::make_shared<Work>(std::move(request), *understood.match.route->work,
                                             std::move(reply), leave);
    work->arguments = std::move(understood.match.arguments);
    work->query = std::move(understood.query);
    pipeline.submit(work);
    return std::make_shared<WorkTicket>(work, pipeline);
  }

  ServiceParts parts;
  Guard guard;
  std::function<void(const AccessRecord&)> log;
  std::mutex log_mutex;
  Pipeline pipeline;
};

Service::Service(ModelShelf& models, ServiceOptions options)
    : impl_(std::make_unique<Impl>(models, std::move(options))) {}
Service::~Service() = default;

std::optional<Response> Service::refuse(const Request& head) const {
  try {
    if (const auto error = impl_->guard.check_place(head)) return problem_for(head, *error);
    const Understood request = understand(head);
    if (head.method == "OPTIONS") return impl_->preflight(head, request.match);
    try {
      impl_->check_head(head, request);
    } catch (const Error& error) {
      Response response = problem_for(head, error);
      if (error.code() == ErrorCode::not_allowed)
        response.headers.push_back({"Allow", Impl::allowed_at(head)});
      for (Header& header : impl_->guard.cors_headers(head, false))
        response.headers.push_back(std::move(header));
      return response;
    }
    return {};
  } catch (const std::exception& error) {
    return problem_for(head, as_error(error));
  }
}

int64_t Service::body_limit(const Request& head) const {
  const Limits& limits = impl_->parts.limits;
  try {
    const Match found = understand(head).match;
    const bool has_picture =
        found.route != nullptr && found.route->work != nullptr && found.route->work->has_picture;
    return has_picture ? limits.body_bytes : limits.small_body_bytes;
  } catch (const Error&) {
    return limits.small_body_bytes;
  }
}

std::shared_ptr<Ticket> Service::answer(Request request, Reply reply) {
  const Request head{request.method, request.target, request.headers, {},
                     request.client, request.id};
  const auto reply_with_cors = [this, head, reply](Response response) {
    for (Header& header : impl_->guard.cors_headers(head, false))
      response.headers.push_back(std::move(header));
    if (is_inference_protocol(head) && response.content_type == "application/problem+json") {
      const nlohmann::json body = nlohmann::json::parse(*response.body);
      if (!body.contains("error"))
        response = with_error_member(std::move(response), body["detail"].get<std::string>());
    }
    reply(std::move(response));
  };
  try {
    Understood understood = understand(request);
    impl_->check_head(request, understood);
    const Route& route = *understood.match.route;
    if (route.work != nullptr)
      return impl_->begin_work(std::move(request), std::move(understood), reply_with_cors);
    Call call{request, std::move(understood.match.arguments), std::move(understood.query)};
    reply_with_cors(route.quick(call, impl_->parts));
  } catch (const std::exception& error) {
    reply_with_cors(problem_for(head, as_error(error)));
  }
  return nullptr;
}

Response Service::problem(int status, const std::string& detail,
                          const std::string& request_id) const {
  return problem_of_status(status, detail, request_id);
}

void Service::finished(const Request& head, const Response& response, double seconds) {
  std::string pattern = "none", path = head.target.substr(0, head.target.find('?'));
  try {
    const Match found = understand(head).match;
    if (found.route != nullptr) pattern = found.route->pattern;
  } catch (const Error&) {
    path = text::printable(path);
  }
  impl_->parts.metrics.count(pattern, response.status, seconds);
  if (!impl_->log) return;
  const std::string* timing = find_header(response.headers, "Server-Timing");
  const std::lock_guard lock(impl_->log_mutex);
  impl_->log({head.id, head.client, head.method, path, response.status,
              response.body ? std::ssize(*response.body) : 0, seconds, timing ? *timing : ""});
}

void Service::drain() {
  impl_->parts.draining = true;
}

bool Service::is_idle() const {
  return impl_->parts.admission.inside() == 0;
}

void Service::warm(const std::function<bool()>& go_on) {
  const Words all = builtin_words("everything");
  const Progress progress = [&](int64_t, int64_t) {
    while (go_on() && impl_->parts.admission.inside() > 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return go_on();
  };
  const ModelShelf& models = impl_->parts.models;
  for (const ModelPlace& place : models.places()) {
    for (size_t device = 0; device < models.devices(); ++device) {
      const std::optional<Model> model = models.find(place.name, device);
      if (!model) continue;
      impl_->parts.words.get(*model, copy_name(place.name, device), all, progress);
    }
  }
}

}  // namespace fcclip::serve
