#pragma once
// One of several equal parts of a list, for processes that share the work.

#include <cstdint>
#include <string>
#include <string_view>

namespace fcclip {

/// Every count-th entry of a list, from `number` on: of 10 entries 2/4 takes the 2nd, 6th and 10th.
struct Shard {
  int64_t number = 1, count = 1;  ///< 1 <= number <= count <= 1,000,000

  /// position: from 0.
  bool takes(int64_t position) const { return position % count == number - 1; }
  bool is_all() const { return count == 1; }
  /// "2/4", and "2-of-4" for names of files.
  std::string text() const;
  std::string file_text() const;
  bool operator==(const Shard&) const = default;
};

/// "2/4" -> the second of four. Throws Error{invalid_argument} that begins with the text.
Shard shard_of(std::string_view text);

}  // namespace fcclip
