#include "fcclip/words/rows.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "fcclip/core/error.h"

namespace fcclip::words {
namespace {

constexpr std::string_view kBlanks = " \t\v\f";
constexpr int64_t kLargestId = int64_t{1} << 53;

std::vector<std::string> synonyms_of(std::string_view name) {
  std::vector<std::string> out;
  while (true) {
    const size_t end = std::min(name.find_first_of("|,"), name.size());
    const std::string_view part = trim(name.substr(0, end));
    if (!part.empty()) out.emplace_back(part);
    if (end == name.size()) return out;
    name.remove_prefix(end + 1);
  }
}

std::optional<std::array<uint8_t, 3>> hex_colour(std::string_view text) {
  std::array<uint8_t, 3> rgb{};
  for (size_t i = 0; i < rgb.size(); ++i) {
    const char* begin = text.data() + 1 + 2 * i;
    const auto [end, error] = std::from_chars(begin, begin + 2, rgb[i], 16);
    if (error != std::errc() || end != begin + 2) return std::nullopt;
  }
  return rgb;
}

/// Up to a '#' at the start or after a blank that begins no colour ("cat;#ff0000", "#ff0000;cat").
std::string_view without_remark(std::string_view line) {
  for (size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    const bool is_apart = at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t';
    const bool is_colour = line.size() >= at + 7 && hex_colour(line.substr(at, 7));
    if (is_apart && !is_colour) return line.substr(0, at);
  }
  return line;
}

}  // namespace

std::string_view trim(std::string_view text) {
  return trimmed(text, kBlanks);
}

std::vector<TextLine> content_lines(std::string_view text) {
  std::vector<TextLine> lines;
  size_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view row = without_remark(text.substr(begin, end - begin));
    ++number;
    if (!trim(row).empty()) lines.push_back({number, trim(row), row});
    begin = end + 1;
  }
  return lines;
}

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::array<uint8_t, 3>> colour_of_text(std::string_view text) {
  text = trim(text);
  if (text.size() == 7 && text.front() == '#') return hex_colour(text);
  if (text.size() > 2 && (text.front() == '(' || text.front() == '[')) {
    text = text.substr(1, text.size() - 2);
  }
  std::array<uint8_t, 3> rgb{};
  for (size_t i = 0; i < rgb.size(); ++i) {
    text = trim(text);
    const size_t end = std::min(text.find_first_of(", "), text.size());
    const auto value = whole_number(text.substr(0, end));
    if (!value || *value < 0 || *value > 255) return std::nullopt;
    rgb[i] = static_cast<uint8_t>(*value);
    text.remove_prefix(end);
    text = trim(text);
    if (i < 2 && !text.empty() && text.front() == ',') text.remove_prefix(1);
  }
  return text.empty() ? std::optional(rgb) : std::nullopt;
}

std::string_view unquoted(std::string_view text) {
  const bool is_quoted = text.size() > 1 && (text.front() == '"' || text.front() == '\'') &&
                         text.front() == text.back();
  return is_quoted ? trim(text.substr(1, text.size() - 2)) : text;
}

classify::Vocabulary vocabulary_of(std::vector<Row> rows) {
  for (Row& row : rows) {
    if (row.id && (*row.id < 0 || *row.id > kLargestId)) row.id.reset();
  }
  const bool all_numbered =
      std::all_of(rows.begin(), rows.end(), [](const Row& row) { return row.id.has_value(); });
  if (all_numbered) {
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return *a.id < *b.id; });
  }
  classify::Vocabulary vocabulary;
  std::unordered_set<int64_t> ids;
  int64_t highest = std::ssize(rows);
  for (const Row& row : rows) {
    if (!row.id) continue;
    highest = std::max(highest, *row.id);
    if (ids.insert(*row.id).second) continue;
    fail(ErrorCode::bad_format, "line ", row.line, ": number ", *row.id, " occurs a second time");
  }
  for (const Row& row : rows) {
    classify::VocabularyClass entry;
    entry.synonyms = synonyms_of(row.name);
    if (entry.synonyms.empty()) fail(ErrorCode::bad_format, "line ", row.line, ": no name in it");
    entry.id = row.id.value_or(std::ssize(vocabulary.classes) + 1);
    if (!row.id && !ids.insert(entry.id).second) entry.id = ++highest;
    entry.is_thing = row.is_thing.value_or(true);
    entry.colour_rgb = row.colour_rgb;
    vocabulary.classes.push_back(std::move(entry));
  }
  return vocabulary;
}

}  // namespace fcclip::words
