#pragma once
// JSON on its way out. File names need not be UTF-8: their odd bytes become U+FFFD.

#include <string>

#include <nlohmann/json.hpp>

namespace fcclip::outputs {

/// On one line, without the line's end.
inline std::string json_line(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Indented for readers, with the last line's end.
inline std::string json_text(const nlohmann::json& json) {
  return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace fcclip::outputs
