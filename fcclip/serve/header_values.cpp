#include "fcclip/serve/header_values.h"

#include <algorithm>
#include <charconv>

#include "fcclip/core/plain_text.h"
#include "fcclip/serve/message.h"

namespace fcclip::serve {
namespace {

// Splits at `separator`, but not inside quotes.
std::vector<std::string_view> split_unquoted(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted && text[i] == '\\') ++i;
    if (quoted || i >= text.size() || text[i] != separator) continue;
    parts.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string unquoted(const std::string& text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
  std::string out;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

double quality_of(const HeaderValue& range) {
  const std::string text = range.parameter("q");
  double quality = 1;
  if (!text.empty()) std::from_chars(text.data(), text.data() + text.size(), quality);
  return quality;
}

// How exactly a range names a type: 0 not at all, 1 by */*, 2 by image/*, 3 by image/png.
int closeness(std::string_view range, std::string_view type) {
  if (same_name(range, type)) return 3;
  if (range == "*/*") return 1;
  if (!range.ends_with("/*")) return 0;
  const std::string_view family = range.substr(0, range.size() - 1);
  return same_name(type.substr(0, std::min(type.size(), family.size())), family) ? 2 : 0;
}

// The closest range decides.
double liking(const std::vector<HeaderValue>& ranges, std::string_view type) {
  int closest = 0;
  double quality = 0;
  for (const HeaderValue& range : ranges) {
    const int close = closeness(range.value, type);
    if (close > closest) closest = close, quality = quality_of(range);
  }
  return quality;
}

}  // namespace

std::string trimmed(std::string_view text) {
  return std::string(fcclip::trimmed(text, " \t"));
}

std::string HeaderValue::parameter(std::string_view name) const {
  for (const Parameter& one : parameters) {
    if (same_name(one.name, name)) return one.value;
  }
  return {};
}

HeaderValue parse_header_value(std::string_view text) {
  const std::vector<std::string_view> parts = split_unquoted(text, ';');
  HeaderValue value{trimmed(parts.front()), {}};
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t equals = parts[i].find('=');
    if (equals == std::string_view::npos) continue;
    value.parameters.push_back(
        {trimmed(parts[i].substr(0, equals)), unquoted(trimmed(parts[i].substr(equals + 1)))});
  }
  return value;
}

std::string negotiate(const std::string* accept, const std::vector<std::string>& offered) {
  if (accept == nullptr || trimmed(*accept).empty()) return offered.front();
  std::vector<HeaderValue> ranges;
  for (const std::string_view range : split_unquoted(*accept, ','))
    ranges.push_back(parse_header_value(range));
  std::string best;
  double best_liking = 0;
  for (const std::string& type : offered) {
    const double liked = liking(ranges, type);
    if (liked > best_liking) best = type, best_liking = liked;
  }
  return best;
}

}  // namespace fcclip::serve
