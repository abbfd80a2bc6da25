#pragma once
// A service from its start to its end: models are loaded while it already answers, running requests are
// finished before it ends.

#include <functional>
#include <string>
#include <vector>

#include "fcclip/fcclip.h"
#include "fcclip/serve/http_server.h"
#include "fcclip/serve/model_shelf.h"
#include "fcclip/serve/service.h"

namespace fcclip::serve {

/// Beside what the service and the server were made with.
struct RunOptions {
  LoadOptions load;                  ///< of each model
  std::vector<std::string> devices;  ///< of ModelShelf::load_all
  bool warms = true;                 ///< all built-in words are prepared while nobody asks
  std::function<bool()> wants_stop;  ///< asked from another thread, fifty times a second
};

/// Serves until wants_stop() says so; then requests that were begun are finished. A model that can't
/// be loaded ends it too. Throws as ModelShelf::load_all, after the server has ended.
void run_server(ModelShelf& models, Service& service, HttpServer& server,
                const RunOptions& options);

}  // namespace fcclip::serve
