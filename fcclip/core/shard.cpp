#include "fcclip/core/shard.h"

#include <charconv>
#include <optional>

#include "fcclip/core/error.h"

namespace fcclip {
namespace {

constexpr int64_t kMostShards = 1000000;

// Digits alone: no sign, no blank.
std::optional<int64_t> digits_of(std::string_view text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || text.front() == '-') return std::nullopt;
  return value;
}

}  // namespace

std::string Shard::text() const {
  return std::to_string(number) + "/" + std::to_string(count);
}

std::string Shard::file_text() const {
  return std::to_string(number) + "-of-" + std::to_string(count);
}

Shard shard_of(std::string_view text) {
  const size_t bar = text.find('/');
  if (bar != std::string_view::npos) {
    const std::optional<int64_t> number = digits_of(text.substr(0, bar));
    const std::optional<int64_t> count = digits_of(text.substr(bar + 1));
    if (number && count && *number >= 1 && *number <= *count && *count <= kMostShards) {
      return {*number, *count};
    }
  }
  fail(ErrorCode::invalid_argument, text,
       ": expected K/N, shard K of N counted from 1, as in 1/4 to 4/4");
}

}  // namespace fcclip
