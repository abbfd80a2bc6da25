// ftfy's fix_text with its default settings, HTML unescaped twice, white space collapsed, lower
// case.
#include <algorithm>
#include <unordered_map>

#include "fcclip/clip/tokenizer.h"
#include "fcclip/text/html_entities.h"
#include "fcclip/text/mojibake.h"
#include "fcclip/text/unicode_text.h"

namespace fcclip::clip {
namespace {

constexpr size_t kLongestSegment = 1000000;
constexpr char32_t kEscape = 0x1B;

struct CleanTables {
  CleanTables() {
    const text::EmbeddedTable table = text::unicode_table();
    for (text::TableItem& item : table.numbers("translated"))
      translated[item.first] = std::move(item.value);
    removed = text::RangeSet(table.numbers("removed"));
  }
  std::unordered_map<char32_t, std::u32string> translated;
  text::RangeSet removed;
};

const CleanTables& clean_tables() {
  static const CleanTables tables;
  return tables;
}

/// C1 controls, Latin ligatures, full and half width, curly quotes and one-character line breaks.
std::u32string translate(std::u32string_view text) {
  const auto& map = clean_tables().translated;
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    const auto found = c < 0x80 ? map.end() : map.find(c);
    if (found == map.end())
      out.push_back(c);
    else
      out += found->second;
  }
  return out;
}

std::u32string unix_line_breaks(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const bool before_feed = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (!before_feed) out.push_back(text[i] == '\r' ? U'\n' : text[i]);
  }
  return out;
}

/// Pairs become their character, others U+FFFD.
std::u32string join_surrogates(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    const char32_t next = i + 1 < text.size() ? text[i + 1] : 0;
    if (c < 0xD800 || c > 0xDFFF) {
      out.push_back(c);
    } else if (c < 0xDC00 && next >= 0xDC00 && next <= 0xDFFF) {
      out.push_back(0x10000 + ((c - 0xD800) << 10) + (next - 0xDC00));
      ++i;
    } else {
      out.push_back(text::kReplacement);
    }
  }
  return out;
}

/// Length of a terminal's escape sequence (ESC [ digits and semicolons, letter) at text[at], else
/// 0.
size_t terminal_escape(std::u32string_view text, size_t at) {
  if (text[at] != kEscape || at + 1 >= text.size() || text[at + 1] != '[') return 0;
  size_t end = at + 2;
  while (end < text.size() && (text[end] == ';' || text::is_decimal(text[end]))) ++end;
  const bool letter =
      end < text.size() && text[end] < 0x80 && (text[end] | 32) >= 'a' && (text[end] | 32) <= 'z';
  return letter ? end + 1 - at : 0;
}

std::u32string remove_controls(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t escape = terminal_escape(text, at);
    if (escape == 0 && !clean_tables().removed.contains(text[at])) out.push_back(text[at]);
    at += std::max<size_t>(escape, 1);
  }
  return out;
}

std::u32string fix_segment(std::u32string text, bool unescape) {
  while (true) {
    std::u32string fixed = unescape ? text::unescape_html_carefully(text) : text;
    fixed = text::mend_encoding(std::move(fixed));
    fixed = unix_line_breaks(translate(fixed));
    fixed = text::to_nfc(remove_controls(join_surrogates(fixed)));
    if (fixed == text) return fixed;
    text = std::move(fixed);
  }
}

/// Line by line; from the first line with a '<' on, the text is taken for HTML and its entities
/// stay.
std::u32string fix_text(std::u32string_view text) {
  std::u32string out;
  bool unescape = true;
  for (size_t at = 0; at < text.size();) {
    const size_t feed = text.find('\n', at);
    const size_t line = (feed == std::u32string_view::npos ? text.size() : feed + 1) - at;
    const std::u32string_view segment = text.substr(at, std::min(line, kLongestSegment));
    unescape = unescape && segment.find('<') == std::u32string_view::npos;
    out += fix_segment(std::u32string(segment), unescape);
    at += segment.size();
  }
  return out;
}

std::u32string collapse_spaces(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  bool pending = false;
  for (const char32_t c : text) {
    if (text::is_space(c)) {
      pending = true;
      continue;
    }
    if (pending && !out.empty()) out.push_back(' ');
    pending = false;
    out.push_back(c);
  }
  return out;
}

bool is_plain(char c) {
  return (c >= ' ' && c <= '~' && c != '&') || c == '\t' || c == '\n';
}

/// For plain ASCII, only white space and case are left to do.
std::string clean_plain(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool pending = false;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\n') {
      pending = true;
      continue;
    }
    if (pending && !out.empty()) out.push_back(' ');
    pending = false;
    out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  }
  return out;
}

}  // namespace

std::string clean_text(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_plain)) return clean_plain(text);
  const std::u32string fixed =
      text::unescape_html(text::unescape_html(fix_text(text::decode_utf8(text))));
  return text::encode_utf8(text::to_lower(collapse_spaces(fixed)));
}

}  // namespace fcclip::clip
