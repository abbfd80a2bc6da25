#include "fcclip/serve/access_line.h"

#include <cstdio>
#include <ctime>

#include <nlohmann/json.hpp>

#include "fcclip/core/utc_time.h"

namespace fcclip::serve {

std::string json_line(const AccessRecord& record) {
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
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string text_line(const AccessRecord& record) {
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.3f s", record.seconds);
  std::string line = utc_text(std::time(nullptr)) + " " + record.client + " " + record.method +
                     " " + record.path + " " + std::to_string(record.status) + " " + seconds + " " +
                     record.id;
  if (!record.timing.empty()) line += " (" + record.timing + ")";
  return line;
}

}  // namespace fcclip::serve
