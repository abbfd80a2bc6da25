#include "fcclip/serve/work.h"

#include <cstdio>

namespace fcclip::serve {

Work::Work(Request request, const WorkRoute& route, Reply reply, std::function<void()> on_end)
    : request(std::move(request)),
      route(route),
      on_end_(std::move(on_end)),
      reply_(std::move(reply)) {}

bool Work::end(Response response) {
  if (ended_.exchange(true)) return false;
  on_end_();
  reply_(std::move(response));
  reply_ = {};
  return true;
}

void Work::abandon() {
  if (ended_.exchange(true)) return;
  on_end_();
  reply_ = {};
}

Progress Work::going_on() const {
  return [this](int64_t, int64_t) { return !ended(); };
}

std::string copy_name(const std::string& model_name, size_t device) {
  return device == 0 ? model_name : model_name + "@" + std::to_string(device);
}

std::string server_timing(const StageTimes& times) {
  char text[160];
  std::snprintf(text, sizeof text,
                "queue;dur=%.1f, decode;dur=%.1f, encode;dur=%.1f, ask;dur=%.1f, write;dur=%.1f",
                times.queue * 1e3, times.decode * 1e3, times.encode * 1e3, times.ask * 1e3,
                times.write * 1e3);
  return text;
}

}  // namespace fcclip::serve
