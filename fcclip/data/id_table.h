#pragma once
// Where the things of a list are, by their ids.

#include <optional>
#include <string>
#include <unordered_map>

namespace fcclip::data {

/// Ids of a list -> positions in it. An id that is not there as it stands is found as the text of
/// the number, or the number of the text.
class IdTable {
 public:
  /// false when the id is there already.
  bool add(const std::string& key, size_t position) {
    return positions_.emplace(key, position).second;
  }
  std::optional<size_t> find(const std::string& key) const;

 private:
  std::unordered_map<std::string, size_t> positions_;
};

}  // namespace fcclip::data
