#include "fcclip/text/text_encoding.h"

#include <algorithm>
#include <cstdint>

#include "fcclip/core/error.h"

namespace fcclip::text {
namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

enum class ByteOrder { none, little, big };

uint8_t byte_at(std::string_view bytes, size_t i) {
  return static_cast<uint8_t>(bytes[i]);
}

ByteOrder marked_order(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE")) return ByteOrder::little;
  if (bytes.starts_with("\xFE\xFF")) return ByteOrder::big;
  return ByteOrder::none;
}

// ASCII in UTF-16 has a zero in every pair, always on the same side; UTF-8 text has none at all.
ByteOrder guessed_order(std::string_view bytes) {
  constexpr size_t kLookedAt = 64;
  if (bytes.size() < 4) return ByteOrder::none;
  size_t pairs = 0, even_zeros = 0, odd_zeros = 0;
  for (size_t i = 0; i + 1 < std::min(bytes.size(), kLookedAt); i += 2, ++pairs) {
    even_zeros += bytes[i] == '\0';
    odd_zeros += bytes[i + 1] == '\0';
  }
  if (even_zeros == 0 && 2 * odd_zeros > pairs) return ByteOrder::little;
  if (odd_zeros == 0 && 2 * even_zeros > pairs) return ByteOrder::big;
  return ByteOrder::none;
}

void append_code_point(char32_t c, std::string& out) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  const int tail = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr uint8_t kFirst[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kFirst[tail] | c >> (6 * tail));
  for (int k = tail - 1; k >= 0; --k) out += static_cast<char>(0x80 | (c >> (6 * k) & 0x3F));
}

std::string from_utf16(std::string_view bytes, ByteOrder order, std::string_view name) {
  if (bytes.size() % 2 != 0) {
    fail(ErrorCode::bad_format, name, ": UTF-16 text with half a character at its end: cut off?");
  }
  const auto unit = [&](size_t i) -> char32_t {
    const size_t high = order == ByteOrder::big ? i : i + 1,
                 low = order == ByteOrder::big ? i + 1 : i;
    return static_cast<char32_t>(byte_at(bytes, high) << 8 | byte_at(bytes, low));
  };
  const auto is_high = [](char32_t c) { return c >= 0xD800 && c < 0xDC00; };
  const auto is_low = [](char32_t c) { return c >= 0xDC00 && c < 0xE000; };
  std::string out;
  out.reserve(bytes.size());
  for (size_t i = 0; i < bytes.size(); i += 2) {
    char32_t c = unit(i);
    if (is_high(c) && i + 2 < bytes.size() && is_low(unit(i + 2))) {
      c = 0x10000 + ((c - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
      i += 2;
    } else if (is_high(c) || is_low(c)) {
      fail(ErrorCode::bad_format, name, ": not UTF-16 text at byte ", i);
    }
    append_code_point(c, out);
  }
  return out;
}

}  // namespace

std::string to_utf8(std::string bytes, std::string_view name) {
  const std::string_view all = bytes;
  if (all.starts_with(kUtf8Mark)) return bytes.substr(kUtf8Mark.size());
  if (all.starts_with(std::string_view("\xFF\xFE\0\0", 4)) ||
      all.starts_with(std::string_view("\0\0\xFE\xFF", 4))) {
    fail(ErrorCode::bad_format, name, ": UTF-32 text; save it as UTF-8");
  }
  const ByteOrder marked = marked_order(all);
  if (marked != ByteOrder::none) return from_utf16(all.substr(2), marked, name);
  const ByteOrder guessed = guessed_order(all);
  return guessed == ByteOrder::none ? bytes : from_utf16(all, guessed, name);
}

}  // namespace fcclip::text
