#include "fcclip/text/sequence_patterns.h"

#include <algorithm>
#include <charconv>

#include "fcclip/core/error.h"

namespace fcclip::text {

SequencePatterns::SequencePatterns(const EmbeddedTable& table, const std::string& name) {
  size_t sets = 0;
  for (std::string_view item : table.items(name + " rules")) {
    Rule rule;
    rule.at_start = item.substr(0, 2) == "^+";
    if (rule.at_start) item.remove_prefix(2);
    for (size_t begin = 0; begin <= item.size();) {
      const size_t end = std::min(item.find('+', begin), item.size());
      uint8_t set = 0;
      std::from_chars(item.data() + begin, item.data() + end, set, 16);
      rule.sets.push_back(set);
      sets = std::max<size_t>(sets, set + 1u);
      begin = end + 1;
    }
    rules_.push_back(std::move(rule));
  }
  if (sets > kMostSets) fail(ErrorCode::internal, "pattern ", name, " has ", sets, " classes");

  std::vector<RangeSet> ranges;
  starts_ = {0};
  for (size_t i = 0; i < sets; ++i) {
    char index[8] = {};
    std::to_chars(index, index + sizeof index, i, 16);
    ranges.emplace_back(table.numbers(name + " set " + index));
    for (const auto& [first, last] : ranges.back().ranges()) {
      starts_.push_back(first);
      starts_.push_back(last + 1);
    }
  }
  std::sort(starts_.begin(), starts_.end());
  starts_.erase(std::unique(starts_.begin(), starts_.end()), starts_.end());
  members_.resize(starts_.size());
  for (size_t i = 0; i < sets; ++i) add_set(ranges[i], i);
}

void SequencePatterns::add_set(const RangeSet& set, size_t index) {
  for (size_t i = 0; i < starts_.size(); ++i) {
    if (set.contains(starts_[i])) members_[i].set(index);
  }
}

const SequencePatterns::Members& SequencePatterns::members(char32_t c) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), c);
  return members_[static_cast<size_t>(after - starts_.begin()) - 1];
}

}  // namespace fcclip::text
