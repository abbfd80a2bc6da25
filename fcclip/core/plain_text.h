#pragma once
// Texts of options, settings and tables: ASCII alone is looked at, other bytes stay as they are.

#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

namespace fcclip {

/// Without the characters of `blanks` at both ends.
inline std::string_view trimmed(std::string_view text, std::string_view blanks) {
  const size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// A … Z as a … z.
inline std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return out;
}

/// A finite decimal number that the text is from its first character to its last.
inline std::optional<double> number_of_text(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace fcclip
