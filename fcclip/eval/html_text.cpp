#include "fcclip/eval/html_text.h"

#include <cstdio>

#include <nlohmann/json.hpp>

namespace fcclip::eval {

std::string html_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string html_number(const nlohmann::json& value) {
  if (!value.is_number()) return "–";
  if (value.is_number_integer()) return value.dump();
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value.get<double>());
  return text;
}

}  // namespace fcclip::eval
