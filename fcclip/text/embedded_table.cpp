#include "fcclip/text/embedded_table.h"

#include <algorithm>
#include <charconv>

#include "fcclip/core/error.h"

extern "C" {
extern const char fcclip_embedded_unicode_txt_begin[], fcclip_embedded_unicode_txt_end[];
extern const char fcclip_embedded_html_entities_txt_begin[],
    fcclip_embedded_html_entities_txt_end[];
extern const char fcclip_embedded_mojibake_txt_begin[], fcclip_embedded_mojibake_txt_end[];
}

namespace fcclip::text {
namespace {

char32_t parse_hex(std::string_view text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) {
    fail(ErrorCode::internal, "embedded table: \"", text, "\" is not a hexadecimal number");
  }
  return value;
}

std::u32string parse_values(std::string_view text) {
  std::u32string values;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('+', begin), text.size());
    values.push_back(parse_hex(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return values;
}

TableItem split_item(std::string_view item) {
  TableItem out;
  const size_t equals = item.find('=');
  out.key = item.substr(0, equals);
  if (equals != std::string_view::npos) out.value = parse_values(item.substr(equals + 1));
  return out;
}

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

}  // namespace

EmbeddedTable::EmbeddedTable(std::string_view text) {
  std::vector<std::string_view>* section = nullptr;
  for (size_t begin = 0; begin < text.size();) {
    const size_t line_end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, line_end - begin);
    begin = line_end + 1;
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') {
      order_.emplace_back(line.substr(1, line.size() - 2));
      section = &items_[order_.back()];
      continue;
    }
    if (section == nullptr) fail(ErrorCode::internal, "embedded table: items before a section");
    for (size_t at = 0; at < line.size();) {
      const size_t space = std::min(line.find(' ', at), line.size());
      section->push_back(line.substr(at, space - at));
      at = space + 1;
    }
  }
}

const std::vector<std::string_view>& EmbeddedTable::items(std::string_view section) const {
  const auto found = items_.find(section);
  if (found == items_.end()) fail(ErrorCode::internal, "embedded table: no section ", section);
  return found->second;
}

std::vector<TableItem> EmbeddedTable::names(std::string_view section) const {
  std::vector<TableItem> out;
  for (const std::string_view item : items(section)) out.push_back(split_item(item));
  return out;
}

std::vector<TableItem> EmbeddedTable::numbers(std::string_view section) const {
  std::vector<TableItem> out = names(section);
  for (TableItem& item : out) {
    const size_t dash = item.key.find('-');
    item.first = parse_hex(item.key.substr(0, dash));
    item.last = dash == std::string_view::npos ? item.first : parse_hex(item.key.substr(dash + 1));
  }
  return out;
}

EmbeddedTable unicode_table() {
  return EmbeddedTable(between(fcclip_embedded_unicode_txt_begin, fcclip_embedded_unicode_txt_end));
}

EmbeddedTable html_entity_table() {
  return EmbeddedTable(
      between(fcclip_embedded_html_entities_txt_begin, fcclip_embedded_html_entities_txt_end));
}

EmbeddedTable mojibake_table() {
  return EmbeddedTable(
      between(fcclip_embedded_mojibake_txt_begin, fcclip_embedded_mojibake_txt_end));
}

RangeSet::RangeSet(const std::vector<TableItem>& ranges) {
  for (const TableItem& item : ranges) ranges_.emplace_back(item.first, item.last);
}

bool RangeSet::contains(char32_t c) const {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), c,
                       [](char32_t point, const auto& range) { return point < range.first; });
  return after != ranges_.begin() && c <= std::prev(after)->second;
}

}  // namespace fcclip::text
