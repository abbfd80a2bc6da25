#pragma once
// What `fcclip serve` is told.

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "fcclip/serve/http_server.h"
#include "fcclip/serve/memory_bound.h"
#include "fcclip/serve/service.h"

namespace fcclip::apps {

struct ServeFlags {
  std::vector<std::string> models;
  std::string listen = "127.0.0.1:8080", token_file, log = "text";
  std::vector<std::string> hosts, origins;
  bool is_open = false, trust_forwarded_for = false, no_cache = false, no_warm = false;
  std::string device = "cpu", dtype = "float32", cache_folder;
  int64_t cache_bytes = int64_t{256} << 20;
  int64_t threads = 0, keep_seconds = 3600, timeout_seconds = 120;
  serve::Limits limits;
};

void add_serve_flags(CLI::App& command, ServeFlags& flags);

/// "name=path" or a path, whose name is the file's without its ending; the bundled model where
/// none is named. Throws Error{not_found}.
std::vector<serve::ModelPlace> model_places(const ServeFlags& flags);

/// Throws Error{invalid_argument} for an address that others reach, unless there is a token or
/// --open; Error{io_failure, invalid_argument} for a token file that cannot be used.
serve::ServiceOptions service_options(const ServeFlags& flags);
serve::ServerOptions server_options(const ServeFlags& flags);

serve::MemoryBound memory_at_most(const ServeFlags& flags, const serve::ServerOptions& server);

}  // namespace fcclip::apps
