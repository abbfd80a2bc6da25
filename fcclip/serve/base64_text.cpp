#include "fcclip/serve/base64_text.h"

#include <array>
#include <cstdint>

#include "fcclip/serve/problem.h"

namespace fcclip::serve {
namespace {

constexpr int8_t kNoDigit = -1;

constexpr std::array<int8_t, 256> digit_values() {
  std::array<int8_t, 256> values{};
  values.fill(kNoDigit);
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < kDigits.size(); ++i)
    values[static_cast<uint8_t>(kDigits[i])] = static_cast<int8_t>(i);
  return values;
}

std::string_view without_data_prefix(std::string_view text) {
  constexpr std::string_view kMark = ";base64,";
  if (!text.starts_with("data:")) return text;
  const size_t mark = text.substr(0, 256).find(kMark);
  return mark == std::string_view::npos ? text : text.substr(mark + kMark.size());
}

}  // namespace

std::string bytes_of_base64(std::string_view text, std::string_view field) {
  static constexpr std::array<int8_t, 256> kValues = digit_values();
  text = without_data_prefix(text);
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  if (text.size() % 4 == 1) refuse_field(field, "not base64: its length is impossible");
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const int8_t value = kValues[static_cast<uint8_t>(c)];
    if (value == kNoDigit) refuse_field(field, "not base64");
    group = group << 6 | static_cast<uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 255);
  }
  return bytes;
}

}  // namespace fcclip::serve
