#pragma once
// A line of the log for each request that was answered.

#include <string>

#include "fcclip/serve/service.h"

namespace fcclip::serve {

/// As one JSON object: time, id, client, method, path, status, bytes, seconds, timing. No line break.
std::string json_line(const AccessRecord& record);

/// For people, in that order; without the bytes.
std::string text_line(const AccessRecord& record);

}  // namespace fcclip::serve
