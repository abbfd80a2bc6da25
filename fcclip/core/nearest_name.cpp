#include "fcclip/core/nearest_name.h"

#include <algorithm>

namespace fcclip {
namespace {

constexpr size_t kShortestBeginning = 3;

// One entry a character; equal where a reader would call them equal. Bytes that are not UTF-8 stand
// for themselves.
std::u32string comparable(std::string_view text) {
  std::u32string out;
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    if ((value & 0xC0) == 0x80 && !out.empty()) {
      out.back() = out.back() << 8 | value;
    } else if (byte == '-' || byte == ' ') {
      out.push_back(U'_');
    } else {
      out.push_back(byte >= 'A' && byte <= 'Z' ? value + ('a' - 'A') : value);
    }
  }
  return out;
}

int64_t distance_of(const std::u32string& a, const std::u32string& b) {
  // Rows i - 2, i - 1 and i of the table: distances of a's first i characters to b's beginnings.
  std::vector<int64_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int64_t>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = static_cast<int64_t>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int64_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row.back();
}

}  // namespace

int64_t edit_distance(std::string_view a, std::string_view b) {
  return distance_of(comparable(a), comparable(b));
}

std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates) {
  const std::u32string wanted = comparable(word);
  std::string nearest, begun;
  int64_t least = 0;
  for (const std::string& candidate : candidates) {
    const std::u32string name = comparable(candidate);
    if (begun.empty() && wanted.size() >= kShortestBeginning && name.starts_with(wanted)) {
      begun = candidate;
    }
    const auto longer = static_cast<int64_t>(std::max(wanted.size(), name.size()));
    const int64_t distance = distance_of(wanted, name);
    if (distance * 3 > longer || (!nearest.empty() && distance >= least)) continue;
    nearest = candidate;
    least = distance;
  }
  return nearest.empty() ? begun : nearest;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string nearest = nearest_name(word, candidates);
  return nearest.empty() ? "" : " (did you mean " + nearest + "?)";
}

}  // namespace fcclip
