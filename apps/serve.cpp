// fcclip serve: the HTTP service and its page.

#include <algorithm>
#include <iostream>
#include <memory>
#include <mutex>

#include <ATen/Parallel.h>

#include "apps/commands.h"
#include "apps/serve_flags.h"
#include "fcclip/cli/stop_signal.h"
#include "fcclip/core/device.h"
#include "fcclip/core/freed_memory.h"
#include "fcclip/fcclip.h"
#include "fcclip/serve/access_line.h"
#include "fcclip/serve/run_server.h"

namespace fcclip::apps {
namespace {

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

// A line is one write: others write there too.
template <typename Line>
auto logged(const Line& line_of) {
  return [line_of](const serve::AccessRecord& record) { std::cerr << line_of(record) + "\n"; };
}

serve::RunOptions run_options(const ServeFlags& flags) {
  serve::RunOptions options;
  options.load = load_options(flags);
  options.devices = list_devices(flags.device);
  options.warms = !flags.no_warm;
  options.wants_stop = [] { return cli::stop_signal().load(); };
  return options;
}

void say_start(const ServeFlags& flags, const serve::HttpServer& server,
               const serve::ServerOptions& options) {
  std::cout << "fcclip: serving at http://" << server.local_address().text() << std::endl;
  if (flags.log == "none") return;
  std::cerr << "fcclip: " + memory_at_most(flags, options).text() + "\n";
}

void serve_until_told(const ServeFlags& flags) {
  share_freed_memory();
  serve::ServiceOptions options = service_options(flags);
  if (flags.log == "json") options.log = logged(serve::json_line);
  if (flags.log == "text") options.log = logged(serve::text_line);
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
  serve::run_server(models, service, server, run_options(flags));
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
