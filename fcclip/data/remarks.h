#pragma once
// What was left out or mended while annotations were read, so that it can be said once.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fcclip::data {

/// Slips by kind, each kind said once.
class Remarks {
 public:
  /// `what` in the singular ("a polygon of fewer than 3 points left out"), `where` one place.
  void add(const std::string& what, const std::string& where) {
    Places& places = by_kind_[what];
    if (places.count++ == 0) places.first = where;
  }
  bool empty() const { return by_kind_.empty(); }
  /// A line a kind: "file: what (first place and 11 more)".
  std::vector<std::string> lines(const std::string& file) const {
    std::vector<std::string> lines;
    for (const auto& [what, places] : by_kind_) {
      const std::string more =
          places.count > 1 ? " and " + std::to_string(places.count - 1) + " more" : "";
      lines.push_back(file + ": " + what + " (" + places.first + more + ")");
    }
    return lines;
  }

 private:
  struct Places {
    std::string first;
    int64_t count = 0;
  };
  std::map<std::string, Places> by_kind_;
};

}  // namespace fcclip::data
