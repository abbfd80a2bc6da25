#pragma once
// An Application whose answers come from threads of its own, when the test wants them.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "fcclip/serve/application.h"

namespace fcclip::serve::socket_test {

struct Finished {
  std::string method, target, id, client;
  int status;
  double seconds;
};

/// /echo: the body, from another thread; /now: "now", before answer() returns; /twice: replies twice;
/// /empty: 204; /big: 8 MiB; /held: when the test says so; /refused: 401 before the body.
class FakeApplication : public Application {
 public:
  static constexpr int64_t kLimit = 1 << 20;

  FakeApplication() : worker_([this] { work(); }) {}
  ~FakeApplication() override {
    release();
    {
      const std::lock_guard lock(mutex_);
      is_ending_ = true;
    }
    changed_.notify_all();
    worker_.join();
  }

  std::optional<Response> refuse(const Request& head) const override {
    if (!head.target.starts_with("/refused")) return {};
    Response response = with_body(401, "text/plain", "no token");
    response.headers.push_back({"WWW-Authenticate", "Bearer"});
    return response;
  }

  int64_t body_limit(const Request& head) const override {
    return head.target.starts_with("/echo") || head.target.starts_with("/held") ? kLimit : 100;
  }

  std::shared_ptr<Ticket> answer(Request request, Reply reply) override {
    auto ticket = std::make_shared<CountingTicket>(*this);
    if (request.target == "/now") {
      reply(with_body(200, "text/plain", "now"));
      return nullptr;
    }
    const std::lock_guard lock(mutex_);
    seen_.push_back(request);
    auto& line = request.target.starts_with("/held") ? held_ : ready_;
    line.push_back({std::move(request), std::move(reply)});
    changed_.notify_all();
    return ticket;
  }

  Response problem(int status, const std::string& detail, const std::string&) const override {
    return with_body(status, "application/problem+json", detail);
  }

  void finished(const Request& head, const Response& response, double seconds) override {
    const std::lock_guard lock(mutex_);
    finished_.push_back({head.method, head.target, head.id, head.client, response.status, seconds});
    changed_.notify_all();
  }

  /// All that is held is answered.
  void release() {
    const std::lock_guard lock(mutex_);
    std::ranges::move(held_, std::back_inserter(ready_));
    held_.clear();
    changed_.notify_all();
  }

  /// Whether it came true within ten seconds.
  template <typename Condition>
  bool wait_until(const Condition& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), condition);
  }
  bool wait_for_held(size_t count) {
    return wait_until([&] { return held_.size() == count; });
  }
  bool wait_for_abandoned(int64_t count) {
    return wait_until([&] { return abandoned_ == count; });
  }
  bool wait_for_finished(size_t count) {
    return wait_until([&] { return finished_.size() >= count; });
  }

  int64_t abandoned() {
    const std::lock_guard lock(mutex_);
    return abandoned_;
  }
  std::vector<Finished> finished_requests() {
    const std::lock_guard lock(mutex_);
    return finished_;
  }
  std::vector<Request> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  struct Work {
    Request request;
    Reply reply;
  };

  struct CountingTicket : Ticket {
    explicit CountingTicket(FakeApplication& of) : application(of) {}
    void abandon() override {
      const std::lock_guard lock(application.mutex_);
      ++application.abandoned_;
      application.changed_.notify_all();
    }
    FakeApplication& application;
  };

  static Response answer_to(Request& request) {
    if (request.target == "/empty") return {204};
    if (request.target == "/big") return with_body(200, "text/plain", std::string(8 << 20, 'b'));
    return with_body(200, "text/plain", std::move(request.body));
  }

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return is_ending_ || !ready_.empty(); });
      if (ready_.empty()) return;
      Work next = std::move(ready_.front());
      ready_.pop_front();
      lock.unlock();
      const bool is_twice = next.request.target == "/twice";
      next.reply(answer_to(next.request));
      if (is_twice) next.reply(with_body(500, "text/plain", "a second time"));
      next.reply = nullptr;
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> held_, ready_;
  std::vector<Request> seen_;
  std::vector<Finished> finished_;
  int64_t abandoned_ = 0;
  bool is_ending_ = false;
  std::thread worker_;
};

}  // namespace fcclip::serve::socket_test
