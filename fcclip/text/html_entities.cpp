#include "fcclip/text/html_entities.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "fcclip/text/embedded_table.h"
#include "fcclip/text/unicode_text.h"

namespace fcclip::text {
namespace {

constexpr size_t kLongestName = 32;     // HTML 5: what html.unescape looks at
constexpr size_t kLongestCareful = 24;  // ftfy's limit

using Names = std::unordered_map<std::string, std::u32string>;

struct Entities {
  Entities() {
    const EmbeddedTable table = html_entity_table();
    for (TableItem& item : table.names("named"))
      named[std::string(item.key)] = std::move(item.value);
    for (TableItem& item : table.names("capitals")) {
      capitals[std::string(item.key)] = std::move(item.value);
    }
    for (TableItem& item : table.numbers("replaced")) replaced[item.first] = std::move(item.value);
    dropped = RangeSet(table.numbers("dropped"));
  }
  Names named, capitals;
  std::unordered_map<char32_t, std::u32string> replaced;
  RangeSet dropped;
};

const Entities& entities() {
  static const Entities tables;
  return tables;
}

bool is_digit(char32_t c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char32_t c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_letter(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::u32string numbered(char32_t number) {
  const auto found = entities().replaced.find(number);
  if (found != entities().replaced.end()) return found->second;
  if ((number >= 0xD800 && number <= 0xDFFF) || number > 0x10FFFF) return {kReplacement};
  if (entities().dropped.contains(number)) return {};
  return {number};
}

/// A numeric reference at text[at] = '&', '#'; `end` is set behind it, or left when there is none.
std::u32string numeric_at(std::u32string_view text, size_t at, size_t& end) {
  size_t pos = at + 2;
  const bool hex = pos < text.size() && (text[pos] == 'x' || text[pos] == 'X');
  if (hex) ++pos;
  const size_t digits = pos;
  char32_t number = 0;
  for (; pos < text.size() && (hex ? is_hex(text[pos]) : is_digit(text[pos])); ++pos) {
    const char32_t c = text[pos];
    const char32_t digit = is_digit(c) ? c - '0' : (c | 32) - 'a' + 10;
    number = std::min<char32_t>(number * (hex ? 16 : 10) + digit, 0x110000);  // stays too large
  }
  if (pos == digits) return {};
  end = pos < text.size() && text[pos] == ';' ? pos + 1 : pos;
  return numbered(number);
}

/// A named reference at text[at] = '&'.
std::u32string named_at(std::u32string_view text, size_t at, size_t& end) {
  size_t stop = at + 1;
  while (stop < text.size() && stop - at <= kLongestName &&
         std::u32string_view(U"\t\n\f <&#;").find(text[stop]) == std::u32string_view::npos) {
    ++stop;
  }
  if (stop == at + 1) return {};
  if (stop < text.size() && text[stop] == ';') ++stop;
  end = stop;
  const std::string name = encode_utf8(text.substr(at + 1, stop - at - 1));
  // All known names are ASCII: a prefix of bytes is a prefix of characters. The whole first, then
  // down to two.
  for (size_t length = name.size(); length >= 1; --length) {
    if (length == 1 && name.size() > 1) break;
    const auto found = entities().named.find(name.substr(0, length));
    if (found != entities().named.end()) return found->second + decode_utf8(name.substr(length));
  }
  return std::u32string(text.substr(at, stop - at));
}

}  // namespace

std::u32string unescape_html(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    if (text[at] == '&') {
      const bool numeric = at + 1 < text.size() && text[at + 1] == '#';
      const std::u32string value = numeric ? numeric_at(text, at, end) : named_at(text, at, end);
      if (end != at) out += value;
    }
    if (end == at) out.push_back(text[at++]);
    at = std::max(at, end);
  }
  return out;
}

std::u32string unescape_html_carefully(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '&') {
      out.push_back(text[at++]);
      continue;
    }
    const bool numeric = at + 1 < text.size() && text[at + 1] == '#';
    const size_t name = at + (numeric ? 2 : 1);
    size_t end = name;
    while (end < text.size() && (is_digit(text[end]) || is_letter(text[end]))) ++end;
    if (end == name || end - name > kLongestCareful || end == text.size() || text[end] != ';') {
      out.push_back(text[at++]);
      continue;
    }
    ++end;
    const std::u32string_view whole = text.substr(at, end - at);
    at = end;
    if (numeric) {
      const std::u32string value = unescape_html(whole);
      out += value.find(';') == std::u32string::npos ? std::u32string_view(value) : whole;
      continue;
    }
    const std::string key = encode_utf8(whole.substr(1));
    const auto found = entities().named.find(key);
    const auto capital = entities().capitals.find(key);
    out += found != entities().named.end()        ? std::u32string_view(found->second)
           : capital != entities().capitals.end() ? std::u32string_view(capital->second)
                                                  : whole;
  }
  return out;
}

}  // namespace fcclip::text
