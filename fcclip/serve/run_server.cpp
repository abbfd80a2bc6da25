#include "fcclip/serve/run_server.h"

#include <atomic>
#include <chrono>
#include <exception>
#include <thread>

#include "fcclip/core/error.h"

namespace fcclip::serve {
namespace {

/// Models are loaded, and all built-in words prepared, beside the network side.
class Loading {
 public:
  Loading(ModelShelf& models, Service& service, HttpServer& server, const RunOptions& options)
      : thread_([&, options] {
          try {
            models.load_all(options.load, options.devices);
            if (options.warms) service.warm([this] { return !ending_; });
          } catch (const Error& error) {
            if (error.code() == ErrorCode::interrupted) return;
            failure_ = std::current_exception();
            server.stop();
          }
        }) {}

  /// Throws what went wrong.
  void finish() {
    ending_ = true;
    thread_.join();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::atomic<bool> ending_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

class Draining {
 public:
  Draining(Service& service, HttpServer& server, const std::function<bool()>& wants_stop)
      : thread_([&, wants_stop] {
          constexpr std::chrono::milliseconds kLook(20);
          while (!wants_stop() && !ended_) std::this_thread::sleep_for(kLook);
          service.drain();
          while (!service.is_idle() && !ended_) std::this_thread::sleep_for(kLook);
          server.drain();
        }) {}
  ~Draining() {
    ended_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

}  // namespace

void run_server(ModelShelf& models, Service& service, HttpServer& server,
                const RunOptions& options) {
  Loading loading(models, service, server, options);
  {
    const Draining draining(service, server, options.wants_stop);
    server.run();
  }
  loading.finish();
}

}  // namespace fcclip::serve
