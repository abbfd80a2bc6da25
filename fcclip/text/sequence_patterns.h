#pragma once
// A small matcher for fixed sequences of character classes: what the mojibake tables consist of.

#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

#include "fcclip/text/embedded_table.h"

namespace fcclip::text {

/// Rules of one name in a table. Thread-safe once made.
class SequencePatterns {
 public:
  /// Sections "<name> rules" (items like 0+1+1: set numbers; ^ for the start of the text) and
  /// "<name> set <i>". Throws Error{internal} for sections that are not there or rules that name no
  /// set.
  SequencePatterns(const EmbeddedTable& table, const std::string& name);

  /// Length of the first rule that fits at text[at]; 0 when none does. text: a view of code points
  /// or bytes.
  template <typename Char>
  size_t match(std::basic_string_view<Char> text, size_t at) const {
    const Members& first = members(text[at]);
    if (first.none()) return 0;
    for (const Rule& rule : rules_) {
      if (first[rule.sets[0]] && fits(rule, text, at)) return rule.sets.size();
    }
    return 0;
  }

  /// Whether any rule fits anywhere.
  template <typename Char>
  bool found_in(std::basic_string_view<Char> text) const {
    for (size_t at = 0; at < text.size(); ++at) {
      if (match(text, at) > 0) return true;
    }
    return false;
  }

 private:
  static constexpr size_t kMostSets = 128;
  using Members = std::bitset<kMostSets>;
  struct Rule {
    bool at_start = false;
    std::vector<uint8_t> sets;
  };

  template <typename Char>
  bool fits(const Rule& rule, std::basic_string_view<Char> text, size_t at) const {
    if ((rule.at_start && at != 0) || text.size() - at < rule.sets.size()) return false;
    for (size_t i = 1; i < rule.sets.size(); ++i) {
      if (!members(text[at + i])[rule.sets[i]]) return false;
    }
    return true;
  }
  const Members& members(char32_t c) const;
  const Members& members(char c) const { return members(char32_t{static_cast<unsigned char>(c)}); }
  void add_set(const RangeSet& set, size_t index);

  std::vector<Rule> rules_;
  // Code points from starts_[i] up to starts_[i + 1] belong to the sets members_[i].
  std::vector<char32_t> starts_;
  std::vector<Members> members_;
};

}  // namespace fcclip::text
