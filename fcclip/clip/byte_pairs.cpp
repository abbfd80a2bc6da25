#include "fcclip/clip/byte_pairs.h"

#include <algorithm>
#include <numeric>
#include <queue>

#include "fcclip/core/error.h"
#include "fcclip/text/unicode_text.h"

namespace fcclip::clip {
namespace {

constexpr std::string_view kWordEnd = "</w>";

/// The order in which CLIP numbers bytes: first those with a visible Latin-1 character of their
/// own.
std::vector<unsigned char> bytes_in_order() {
  std::vector<unsigned char> order, rest;
  for (int byte = 0; byte < 256; ++byte) {
    const bool visible =
        (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xFF && byte != 0xAD);
    (visible ? order : rest).push_back(static_cast<unsigned char>(byte));
  }
  order.insert(order.end(), rest.begin(), rest.end());
  return order;
}

/// How merge files write a byte: its Latin-1 character, or U+0100 onwards for the invisible ones.
std::string spelling(const std::vector<unsigned char>& order, size_t index) {
  constexpr size_t kVisible = 188;
  std::string out;
  text::append_utf8(
      index < kVisible ? order[index] : static_cast<char32_t>(0x100 + index - kVisible), out);
  return out;
}

uint64_t key_of(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

/// "left right", however many blanks; false when there are not exactly two.
bool split_line(std::string_view line, std::string_view& left, std::string_view& right) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at < line.size();) {
    const size_t begin = line.find_first_not_of(" \t\r", at);
    if (begin == std::string_view::npos) break;
    at = std::min(line.find_first_of(" \t\r", begin), line.size());
    parts.push_back(line.substr(begin, at - begin));
  }
  if (parts.size() != 2) return false;
  left = parts[0];
  right = parts[1];
  return true;
}

}  // namespace

BytePairs::BytePairs(std::string_view merges, int64_t count) : count_(count) {
  if (count < 0)
    fail(ErrorCode::invalid_argument, "vocabulary size: expected at least 514 entries");
  const std::vector<unsigned char> order = bytes_in_order();
  std::unordered_map<std::string, int32_t> ids;
  id_of_byte_.resize(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    id_of_byte_[order[i]] = static_cast<int32_t>(i);
    ids[spelling(order, i)] = static_cast<int32_t>(i);
    ids[spelling(order, i) + std::string(kWordEnd)] = static_cast<int32_t>(i + order.size());
  }
  const auto id_of = [&](std::string_view piece, int64_t line) {
    const auto found = ids.find(std::string(piece));
    if (found == ids.end()) {
      fail(ErrorCode::bad_format, "merges, line ", line, ": \"", piece,
           "\" is neither a byte nor the result of an earlier merge");
    }
    return found->second;
  };
  text_ = "#version: 0.2\n";
  merges_.reserve(static_cast<size_t>(count));
  size_t at = std::min(merges.find('\n'), merges.size());
  output_id_.resize(static_cast<size_t>(kByteIds + count));
  std::iota(output_id_.begin(), output_id_.end(), 0);
  for (int64_t rank = 0; rank < count; ++rank) {
    if (at >= merges.size() || at + 1 == merges.size()) {
      fail(ErrorCode::bad_format, "merges: the file ends after ", rank, " merges, expected ", count,
           "; is it truncated, or of another model?");
    }
    const size_t begin = at + 1;
    at = std::min(merges.find('\n', begin), merges.size());
    std::string_view left, right;
    if (!split_line(merges.substr(begin, at - begin), left, right)) {
      fail(ErrorCode::bad_format, "merges, line ", rank + 2,
           ": expected two pieces, \"left right\"");
    }
    const uint64_t key = key_of(id_of(left, rank + 2), id_of(right, rank + 2));
    // A piece that two merges make is one piece, with the later one's id: as in the reference's
    // dictionary.
    const auto id = static_cast<int32_t>(kByteIds + rank);
    const auto [piece, fresh] = ids.try_emplace(std::string(left).append(right), id);
    if (!fresh) output_id_[static_cast<size_t>(piece->second)] = id;
    merges_[key] = {static_cast<int32_t>(rank), piece->second};
    text_.append(left).append(" ").append(right).append("\n");
  }
}

const BytePairs::Merge* BytePairs::find(int32_t left, int32_t right) const {
  const auto found = merges_.find(key_of(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

namespace {

// Two neighbours that may merge, as they were when offered.
struct Candidate {
  int32_t rank, at, left, right;
  bool operator>(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : at > other.at;
  }
};

}  // namespace

std::vector<int32_t> BytePairs::encode(std::string_view word) const {
  std::vector<int32_t> ids;
  for (const char c : word) ids.push_back(id_of_byte_[static_cast<unsigned char>(c)]);
  if (ids.empty()) return ids;
  ids.back() += 256;

  // A linked list of pieces and a queue of mergeable neighbours: n log n however long the word.
  const auto count = static_cast<int32_t>(ids.size());
  std::vector<int32_t> next(ids.size()), previous(ids.size());
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto offer = [&](int32_t at) {
    if (at < 0 || next[at] >= count) return;
    const Merge* merge = find(ids[at], ids[next[at]]);
    if (merge != nullptr) queue.push({merge->rank, at, ids[at], ids[next[at]]});
  };
  for (int32_t i = 0; i < count; ++i) {
    next[i] = i + 1;
    previous[i] = i - 1;
  }
  for (int32_t i = 0; i < count; ++i) offer(i);
  std::vector<int32_t> merged;
  while (!queue.empty()) {
    // All places of one rank, from the left, before any pair that they make: as the reference does
    // it.
    const int32_t rank = queue.top().rank;
    merged.clear();
    for (; !queue.empty() && queue.top().rank == rank; queue.pop()) {
      const Candidate& pair = queue.top();
      const int32_t right = next[pair.at];
      if (ids[pair.at] != pair.left || right >= count || ids[right] != pair.right) continue;
      ids[pair.at] = find(pair.left, pair.right)->id;
      ids[right] = -1;
      next[pair.at] = next[right];
      if (next[right] < count) previous[next[right]] = pair.at;
      merged.push_back(pair.at);
    }
    for (const int32_t at : merged) {
      offer(previous[at]);
      offer(at);
    }
  }
  std::vector<int32_t> out;
  for (int32_t i = 0; i < count; i = next[i])
    out.push_back(output_id_[static_cast<size_t>(ids[i])]);
  return out;
}

}  // namespace fcclip::clip
