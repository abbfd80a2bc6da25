#pragma once
// UTF-8, normalisation form C and lower case, as Python's str has them.

#include <optional>
#include <string>
#include <string_view>

#include "fcclip/text/embedded_table.h"

namespace fcclip::text {

/// Stands for bytes that are no UTF-8.
inline constexpr char32_t kReplacement = 0xFFFD;

/// Every code point of the text. Encoded surrogates are let through as they are (CESU-8; clean_text
/// joins the pairs); other invalid bytes become U+FFFD, one for each maximal part of a sequence.
std::u32string decode_utf8(std::string_view bytes);

/// Nothing unless every byte is valid. variants: also CESU-8 pairs and C0 80 for U+0000.
std::optional<std::u32string> decode_utf8_strict(std::string_view bytes, bool variants);

/// Appends one code point.
void append_utf8(char32_t c, std::string& out);
/// Of every code point.
std::string encode_utf8(std::u32string_view text);

/// The code point at text[pos] of valid UTF-8 and moves pos behind it; U+FFFD and one byte on if it
/// is not valid.
char32_t next_code_point(std::string_view text, size_t& pos);

/// Normalisation form C.
std::u32string to_nfc(std::u32string text);

/// Python's str.lower(): full mappings, final sigma.
std::u32string to_lower(std::u32string_view text);

/// Classes of the tokenizer's pattern; `unmatched` are white space and what no part of the pattern
/// accepts.
enum class CharClass : uint8_t { letter, number, other, unmatched };
CharClass char_class(char32_t c);

/// As str.isspace(): white space of any script.
bool is_space(char32_t c);
/// As str.isdecimal(): digits of any script.
bool is_decimal(char32_t c);

}  // namespace fcclip::text
