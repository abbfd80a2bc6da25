#pragma once
// Byte-pair merges as a hash map of ids.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fcclip::clip {

/// Ids: 0–255 single bytes in CLIP's order, 256–511 the same at the end of a word, then one for
/// every merge.
class BytePairs {
 public:
  static constexpr int64_t kByteIds = 512;

  /// merges: first line skipped, then "left right" per line; exactly the first `count` lines are
  /// used. Throws Error{bad_format} naming the line.
  BytePairs(std::string_view merges, int64_t count);

  /// Ids of one word's bytes after all merges, lowest rank first.
  std::vector<int32_t> encode(std::string_view word) const;
  /// The merges that are used, under a version line.
  const std::string& text() const { return text_; }
  int64_t size() const { return kByteIds + count_; }

 private:
  struct Merge {
    int32_t rank, id;
  };
  const Merge* find(int32_t left, int32_t right) const;

  int64_t count_;
  std::string text_;
  std::vector<int32_t> id_of_byte_;
  std::vector<int32_t>
      output_id_;  // of a piece: differs from its own where a later merge makes it again
  std::unordered_map<uint64_t, Merge> merges_;  // key: left id << 32 | right id
};

}  // namespace fcclip::clip
