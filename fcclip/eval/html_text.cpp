#include "fcclip/eval/html_text.h"

#include <cstdio>

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

std::string html_number(const std::optional<double>& value, bool is_count) {
  if (!value) return "–";
  char text[32];
  std::snprintf(text, sizeof text, is_count ? "%.0f" : "%.2f", *value);
  return text;
}

}  // namespace fcclip::eval
