// fcclip serve: the HTTP service and its page.

#include <algorithm>
#include <ctime>
#include <iostream>
#include <thread>

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/serve_flags.h"
#include "fcclip/cli/stop_signal.h"
#include "fcclip/core/device.h"
#include "fcclip/core/error.h"
#include "fcclip/core/freed_memory.h"
#include "fcclip/core/utc_time.h"
#include "fcclip/fcclip.h"
#include "fcclip/serve/listen_address.h"

namespace fcclip::apps {
namespace {

using Milliseconds = std::chrono::milliseconds;

void log_json(const serve::AccessRecord& record) {
  using nlohmann::json;
  json line = {{"time", utc_text(std::time(nullptr))},
               {"id", record.id},
               {"client", record.client},
               {"method", record.method},
               {"path", record.path},
               {"status", record.status},
               {"bytes", record.bytes},
               {"seconds", record.seconds}};
  if (!record.timing.empty()) line["timing"] = record.timing;
  std::cerr << line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

void log_text(const serve::AccessRecord& record) {
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.3f s", record.seconds);
  std::string line = utc_text(std::time(nullptr)) + " " + record.client + " " + record.method +
                     " " + record.path + " " + std::to_string(record.status) + " " + seconds + " " +
                     record.id;
  if (!record.timing.empty()) line += " (" + record.timing + ")";
  std::cerr << line + "\n";
}

LoadOptions load_options(const ServeFlags& flags) {
  LoadOptions options;
  options.dtype = flags.dtype;
  options.use_text_cache = !flags.no_cache;
  options.cache_folder = flags.cache_folder;
  options.cache_bytes = flags.cache_bytes;
  options.log = [told = std::make_shared<std::once_flag>()](LogLevel level,
                                                            const std::string& message) {
    if (level != LogLevel::warning) return;
    std::call_once(*told, [&] {
      std::cerr << "fcclip: warning: " + message + "; going on without the cache\n";
    });
  };
  return options;
}

/// Models are loaded, and all built-in words prepared, beside the network side.
class Loading {
 public:
  Loading(serve::ModelShelf& models, serve::Service& service, serve::HttpServer& server,
          const ServeFlags& flags)
      : thread_([&, flags] {
          try {
            models.load_all(load_options(flags), list_devices(flags.device));
            if (!flags.no_warm) service.warm([this] { return !ending_; });
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

/// The first signal lets running requests finish; the second ends the process.
class Draining {
 public:
  Draining(serve::Service& service, serve::HttpServer& server)
      : thread_([&service, &server, this] {
          constexpr Milliseconds kLook(20);
          while (!cli::stop_signal() && !ended_) std::this_thread::sleep_for(kLook);
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

void say_start(const ServeFlags& flags, const serve::HttpServer& server,
               const serve::ServerOptions& options) {
  std::cout << "fcclip: serving at http://" << server.local_address().text() << std::endl;
  if (flags.log == "none") return;
  std::cerr << "fcclip: " + memory_line(flags, options) + "\n";
}

void serve_until_told(const ServeFlags& flags) {
  share_freed_memory();
  serve::ServiceOptions options = service_options(flags);
  if (flags.log == "json") options.log = log_json;
  if (flags.log == "text") options.log = log_text;
  const serve::ServerOptions network = server_options(flags);
  const size_t devices = list_devices(flags.device).size();
  const int threads = flags.threads > 0 ? static_cast<int>(flags.threads) : at::get_num_threads();
  if (flags.threads > 0 || devices > 1)
    set_threads(std::max(1, threads / static_cast<int>(devices)));
  serve::ModelShelf models(model_places(flags), devices);
  serve::Service service(models, options);
  serve::HttpServer server(service, network);
  cli::announce_stop("finishing the requests that were begun; again to stop now");
  cli::stop_signal();
  say_start(flags, server, network);
  Loading loading(models, service, server, flags);
  {
    const Draining draining(service, server);
    server.run();
  }
  loading.finish();
}

}  // namespace

void add_serve(CLI::App& app) {
  auto flags = std::make_shared<ServeFlags>();
  CLI::App* command = app.add_subcommand("serve", "Serve a page and an HTTP interface");
  add_serve_flags(*command, *flags);
  command->footer(
      "The page and the interface are described in docs/serving.md.\n"
      "Examples:\n"
      "  fcclip serve\n"
      "  fcclip serve --model fcclip-large.safetensors --listen 127.0.0.1:9000\n"
      "  fcclip serve --listen 0.0.0.0:8080 --token-file token --host maps.example");
  command->callback([flags] { serve_until_told(*flags); });
}

}  // namespace fcclip::apps
