#include "fcclip/text/unicode_text.h"

#include <array>

namespace fcclip::text {
namespace {

constexpr char32_t kInvalid = 0xFFFFFFFF;

struct CharTables {
  CharTables()
      : table(unicode_table()),
        letter(table.numbers("letter")),
        number(table.numbers("number")),
        space(table.numbers("space")),
        unmatched(table.numbers("unmatched")),
        decimal(table.numbers("decimal")) {
    for (char32_t c = 0; c < low.size(); ++c) low[c] = classify(c);
  }
  CharClass classify(char32_t c) const {
    if (letter.contains(c)) return CharClass::letter;
    if (number.contains(c)) return CharClass::number;
    return space.contains(c) || unmatched.contains(c) ? CharClass::unmatched : CharClass::other;
  }

  EmbeddedTable table;
  RangeSet letter, number, space, unmatched, decimal;
  std::array<CharClass, 0x300> low{};
};

const CharTables& char_tables() {
  static const CharTables tables;
  return tables;
}

/// Length of the sequence that a lead byte opens, and the allowed range of its second byte.
struct Lead {
  int length = 0;
  unsigned char low = 0x80, high = 0xBF;
};

Lead lead_of(unsigned char byte, bool surrogates) {
  if (byte < 0x80) return {1};
  if (byte >= 0xC2 && byte <= 0xDF) return {2};
  if (byte == 0xE0) return {3, 0xA0};
  if (byte == 0xED && !surrogates) return {3, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {3};
  if (byte == 0xF0) return {4, 0x90};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  if (byte >= 0xF1 && byte <= 0xF3) return {4};
  return {};
}

/// kInvalid for a bad sequence, of which pos then passes the maximal valid part.
char32_t decode_one(std::string_view text, size_t& pos, bool surrogates) {
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(pos++);
  const Lead lead = lead_of(first, surrogates);
  if (lead.length == 1) return first;
  if (lead.length == 0) return kInvalid;
  char32_t c = first & (0x7F >> lead.length);
  for (int i = 1; i < lead.length; ++i, ++pos) {
    const unsigned char low = i == 1 ? lead.low : 0x80, high = i == 1 ? lead.high : 0xBF;
    if (pos == text.size() || byte(pos) < low || byte(pos) > high) return kInvalid;
    c = (c << 6) | (byte(pos) & 0x3F);
  }
  return c;
}

/// What "utf-8-variants" decodes beyond UTF-8: its character, and the bytes it takes (0: nothing
/// special here). Two quirks of its patterns, whose end also matches before a last line feed, are
/// kept: C0 0A at the very end is U+0000, and a line feed may stand for a pair's last byte there.
std::pair<char32_t, size_t> decode_variant(std::string_view rest) {
  const auto in = [&](size_t at, unsigned char low, unsigned char high) {
    const auto byte = static_cast<unsigned char>(rest[at]);
    return byte >= low && byte <= high;
  };
  if (rest.size() >= 2 && in(0, 0xC0, 0xC0)) {
    const bool null = in(1, 0x80, 0x80) || (rest.size() == 2 && rest[1] == '\n');
    return {0, null ? 2 : 0};
  }
  if (rest.size() < 6 || !in(0, 0xED, 0xED) || !in(1, 0xA0, 0xAF) || !in(2, 0x80, 0xBF) ||
      !in(3, 0xED, 0xED) || !in(4, 0xB0, 0xBF)) {
    return {0, 0};
  }
  if (!in(5, 0x80, 0xBF) && !(rest.size() == 6 && rest[5] == '\n')) return {0, 0};
  const auto bits = [&](size_t at, unsigned mask) {
    return static_cast<char32_t>(static_cast<unsigned char>(rest[at]) & mask);
  };
  return {0x10000 + (bits(1, 0x0F) << 16) + (bits(2, 0x3F) << 10) + (bits(4, 0x0F) << 6) +
              bits(5, 0x3F),
          6};
}

}  // namespace

std::u32string decode_utf8(std::string_view bytes) {
  std::u32string out;
  out.reserve(bytes.size());
  for (size_t pos = 0; pos < bytes.size();) {
    const char32_t c = decode_one(bytes, pos, true);
    out.push_back(c == kInvalid ? kReplacement : c);
  }
  return out;
}

std::optional<std::u32string> decode_utf8_strict(std::string_view bytes, bool variants) {
  std::u32string out;
  out.reserve(bytes.size());
  for (size_t pos = 0; pos < bytes.size();) {
    if (variants) {
      const auto [c, length] = decode_variant(bytes.substr(pos));
      if (length > 0) {
        out.push_back(c);
        pos += length;
        continue;
      }
    }
    const char32_t c = decode_one(bytes, pos, false);
    if (c == kInvalid) return std::nullopt;
    out.push_back(c);
  }
  return out;
}

void append_utf8(char32_t c, std::string& out) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
    return;
  }
  const int tail = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  const unsigned char marks[] = {0, 0xC0, 0xE0, 0xF0};
  out.push_back(static_cast<char>(marks[tail] | (c >> (6 * tail))));
  for (int i = tail - 1; i >= 0; --i)
    out.push_back(static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F)));
}

std::string encode_utf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : text) append_utf8(c, out);
  return out;
}

char32_t next_code_point(std::string_view text, size_t& pos) {
  const char32_t c = decode_one(text, pos, false);
  return c == kInvalid ? kReplacement : c;
}

CharClass char_class(char32_t c) {
  const CharTables& tables = char_tables();
  return c < tables.low.size() ? tables.low[c] : tables.classify(c);
}

bool is_space(char32_t c) {
  return char_tables().space.contains(c);
}
bool is_decimal(char32_t c) {
  return char_tables().decimal.contains(c);
}

}  // namespace fcclip::text
