#pragma once
// The data files of data/text, built into the library: sections of items
// "key[-last][=value[+value...]]" in hex.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fcclip::text {

/// One item. In sections keyed by names (HTML entities) only `key` and `value` mean something.
struct TableItem {
  std::string_view key;
  char32_t first = 0, last = 0;
  std::u32string value;
};

/// A file of sections, read once.
class EmbeddedTable {
 public:
  /// text must outlive the table. Throws Error{internal} for an item that is not in the form above.
  explicit EmbeddedTable(std::string_view text);
  /// Items of a section whose keys are code points, or numbers.
  std::vector<TableItem> numbers(std::string_view section) const;
  /// Items of a section whose keys are names.
  std::vector<TableItem> names(std::string_view section) const;
  /// Raw items. Throws Error{internal} when there is no such section.
  const std::vector<std::string_view>& items(std::string_view section) const;
  /// Section names in the order of the file.
  const std::vector<std::string>& sections() const { return order_; }

 private:
  std::map<std::string, std::vector<std::string_view>, std::less<>> items_;
  std::vector<std::string> order_;
};

/// data/text/unicode.txt, html_entities.txt, mojibake.txt.
EmbeddedTable unicode_table();
EmbeddedTable html_entity_table();
EmbeddedTable mojibake_table();

/// A set of code points as sorted ranges.
class RangeSet {
 public:
  RangeSet() = default;
  explicit RangeSet(const std::vector<TableItem>& ranges);
  /// Whether any range holds it.
  bool contains(char32_t c) const;
  const std::vector<std::pair<char32_t, char32_t>>& ranges() const { return ranges_; }

 private:
  std::vector<std::pair<char32_t, char32_t>> ranges_;
};

}  // namespace fcclip::text
