#include "apps/serve_flags.h"

#include <algorithm>
#include <filesystem>

#include "apps/option_checks.h"
#include "apps/place_flags.h"
#include "apps/segment_options.h"
#include "fcclip/core/device.h"
#include "fcclip/core/error.h"
#include "fcclip/serve/listen_address.h"
#include "fcclip/serve/token_file.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kLeastMemory = 1 << 20;
constexpr int64_t kBodiesAtOnce = 16;
constexpr int64_t kGpuBatch = 8;

void add_limits(CLI::App& command, ServeFlags& flags) {
  serve::Limits& limits = flags.limits;
  command.option_defaults()->group("Limits");
  const auto size = [&](const char* name, int64_t& value, const char* text) {
    command.add_option(name, value, text)->type_name("SIZE")->transform(byte_count(kLeastMemory));
  };
  command
      .add_option(
          "--queue", limits.queue,
          "Requests that wait or are worked on; a further one gets 429; half of them of one "
          "address")
      ->check(whole_number(1, 100000))
      ->capture_default_str();
  size("--store", limits.store_bytes,
       "Memory for encoded pictures, the least recently used goes first; default 512M");
  command.add_option("--keep", flags.keep_seconds, "Seconds that an unused picture stays")
      ->check(whole_number(1, 10000000))
      ->capture_default_str();
  command.add_option("--timeout", flags.timeout_seconds, "Seconds for one request")
      ->check(whole_number(1, 100000))
      ->capture_default_str();
  size("--max-body", limits.body_bytes, "Largest request; default 32M");
  command
      .add_option("--max-pixels", limits.picture_px,
                  "Largest picture, read from its header; default 52428800")
      ->check(whole_number(1, int64_t{1} << 29));
}

void add_trust(CLI::App& command, ServeFlags& flags) {
  command.option_defaults()->group("Who may ask");
  command
      .add_option("--token-file", flags.token_file,
                  "A file whose first line every client has to show (Authorization: Bearer …)")
      ->type_name("FILE");
  command.add_flag("--open", flags.is_open,
                   "Listen on an address that others reach without a token");
  command
      .add_option("--host", flags.hosts, "A further name that this server is reached by; repeat")
      ->type_name("NAME");
  command
      .add_option("--allow-origin", flags.origins,
                  "Pages elsewhere that may ask: https://app.example; repeat")
      ->type_name("ORIGIN");
  command.add_flag("--trust-forwarded-for", flags.trust_forwarded_for,
                   "Behind a proxy: clients are told apart by X-Forwarded-For");
}

bool is_name(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
  });
}

}  // namespace

void add_serve_flags(CLI::App& command, ServeFlags& flags) {
  command.option_defaults()->group("Serving");
  command
      .add_option("-m,--model", flags.models,
                  "Model file, or NAME=FILE; repeat; default $FCCLIP_MODEL or the bundled model")
      ->type_name("MODEL");
  command.add_option("-l,--listen", flags.listen, "Address and port; port 0 takes a free one")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  command.add_option("--log", flags.log, "Form of the lines on standard error")
      ->type_name("text|json|none")
      ->check(one_of({"text", "json", "none"}))
      ->capture_default_str();
  add_trust(command, flags);
  add_limits(command, flags);
  command.option_defaults()->group("Model");
  add_several_place_flags(command, flags.device, flags.threads);
  add_dtype_flag(command, flags.dtype);
  add_cache_flags(command, flags.no_cache, flags.cache_folder);
  command
      .add_option("--cache-size", flags.cache_bytes,
                  "Text features kept for each model, on disk and in memory; default 256M")
      ->type_name("SIZE")
      ->transform(byte_count(kLeastMemory));
  command.add_flag("--no-warm", flags.no_warm,
                   "Do not prepare all built-in words while nobody asks");
}

std::vector<serve::ModelPlace> model_places(const ServeFlags& flags) {
  std::vector<std::string> named = flags.models;
  if (named.empty()) named.push_back(find_model("").string());
  std::vector<serve::ModelPlace> places;
  for (const std::string& text : named) {
    const size_t equals = text.find('=');
    const bool has_name = equals != std::string::npos && is_name(text.substr(0, equals));
    const fs::path path = has_name ? text.substr(equals + 1) : text;
    if (!fs::exists(path)) {
      fail(ErrorCode::not_found, path.string(),
           ": no such model file; fcclip convert makes one of a checkpoint");
    }
    const std::string name = has_name ? text.substr(0, equals) : path.stem().string();
    places.push_back({name, path.string(), is_bundled_model(path)});
  }
  return places;
}

serve::ServiceOptions service_options(const ServeFlags& flags) {
  serve::ServiceOptions options;
  options.limits = flags.limits;
  options.limits.queue_of_client = std::max<int64_t>(1, (flags.limits.queue + 1) / 2);
  options.limits.keep = std::chrono::seconds(flags.keep_seconds);
  options.limits.timeout = std::chrono::seconds(flags.timeout_seconds);
  const std::vector<std::string> devices = list_devices(flags.device);
  options.limits.batch = devices.front() == "cpu" ? 1 : kGpuBatch;  // a CPU gains nothing by it
  options.limits.decoded_ahead *= std::ssize(devices);
  options.guard.loopback_only = serve::is_loopback(serve::parse_listen_address(flags.listen).host);
  options.guard.hosts = flags.hosts;
  options.guard.origins = flags.origins;
  if (!flags.token_file.empty()) options.guard.token = serve::read_token(flags.token_file);
  if (!options.guard.loopback_only && !options.guard.token && !flags.is_open) {
    fail(ErrorCode::invalid_argument, "--listen ", flags.listen,
         " is reached by others: --token-file FILE lets only those ask who know the token, --open "
         "lets everybody");
  }
  return options;
}

serve::ServerOptions server_options(const ServeFlags& flags) {
  const serve::ListenAddress listen = serve::parse_listen_address(flags.listen);
  serve::ServerOptions options;
  options.address = listen.host;
  options.port = listen.port;
  options.trust_forwarded_for = flags.trust_forwarded_for;
  options.buffered_bytes = flags.limits.body_bytes * std::min(flags.limits.queue, kBodiesAtOnce);
  return options;
}

serve::MemoryBound memory_at_most(const ServeFlags& flags, const serve::ServerOptions& server) {
  const std::vector<serve::ModelPlace> places = model_places(flags);
  return serve::memory_bound(flags.limits,
                             {places, std::ssize(list_devices(flags.device)), flags.cache_bytes},
                             server.buffered_bytes);
}

}  // namespace fcclip::apps
