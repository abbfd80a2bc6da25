// Normalisation form C and lower case.
#include <algorithm>
#include <unordered_map>

#include "fcclip/text/unicode_text.h"

namespace fcclip::text {
namespace {

// Hangul syllables are composed by arithmetic: the Unicode Standard, section 3.12.
constexpr char32_t kSyllables = 0xAC00, kLeading = 0x1100, kVowels = 0x1161, kTrailing = 0x11A7;
constexpr char32_t kLeadingCount = 19, kVowelCount = 21, kTrailingCount = 28;
constexpr char32_t kSyllableCount = kLeadingCount * kVowelCount * kTrailingCount;
constexpr char32_t kCapitalSigma = 0x3A3, kSmallSigma = 0x3C3, kFinalSigma = 0x3C2;

uint64_t pair_key(char32_t first, char32_t second) {
  return static_cast<uint64_t>(first) << 32 | second;
}

struct FormTables {
  FormTables() {
    const EmbeddedTable table = unicode_table();
    for (const char* section : {"composed", "decomposed"}) {
      for (TableItem& item : table.numbers(section)) {
        if (std::string_view(section) == "composed") {
          compositions[pair_key(item.value[0], item.value[1])] = item.first;
        }
        decompositions[item.first] = std::move(item.value);
      }
    }
    for (const TableItem& item : table.numbers("combining")) {
      for (char32_t c = item.first; c <= item.last; ++c) {
        combining[c] = static_cast<uint8_t>(item.value[0]);
      }
    }
    for (TableItem& item : table.numbers("lower")) lower[item.first] = std::move(item.value);
    cased = RangeSet(table.numbers("cased"));
    ignorable = RangeSet(table.numbers("ignorable"));
  }

  std::unordered_map<char32_t, std::u32string> decompositions, lower;
  std::unordered_map<uint64_t, char32_t> compositions;
  std::unordered_map<char32_t, uint8_t> combining;
  RangeSet cased, ignorable;
};

const FormTables& form_tables() {
  static const FormTables tables;
  return tables;
}

uint8_t combining_class(char32_t c) {
  const auto found = form_tables().combining.find(c);
  return found == form_tables().combining.end() ? 0 : found->second;
}

void decompose(char32_t c, std::u32string& out) {
  if (c >= kSyllables && c < kSyllables + kSyllableCount) {
    const char32_t index = c - kSyllables;
    out.push_back(kLeading + index / (kVowelCount * kTrailingCount));
    out.push_back(kVowels + index % (kVowelCount * kTrailingCount) / kTrailingCount);
    if (index % kTrailingCount != 0) out.push_back(kTrailing + index % kTrailingCount);
    return;
  }
  const auto found = form_tables().decompositions.find(c);
  if (found == form_tables().decompositions.end()) {
    out.push_back(c);
    return;
  }
  for (const char32_t part : found->second) decompose(part, out);
}

/// The composite of two characters, or 0.
char32_t compose_pair(char32_t first, char32_t second) {
  if (first >= kLeading && first < kLeading + kLeadingCount && second >= kVowels &&
      second < kVowels + kVowelCount) {
    return kSyllables + ((first - kLeading) * kVowelCount + (second - kVowels)) * kTrailingCount;
  }
  if (first >= kSyllables && first < kSyllables + kSyllableCount &&
      (first - kSyllables) % kTrailingCount == 0 && second > kTrailing &&
      second < kTrailing + kTrailingCount) {
    return first + (second - kTrailing);
  }
  const auto found = form_tables().compositions.find(pair_key(first, second));
  return found == form_tables().compositions.end() ? 0 : found->second;
}

/// Marks of each run in the order of their classes; characters of equal class keep their order.
void order_marks(std::u32string& text) {
  for (size_t begin = 0; begin < text.size();) {
    if (combining_class(text[begin]) == 0) {
      ++begin;
      continue;
    }
    size_t end = begin;
    while (end < text.size() && combining_class(text[end]) != 0) ++end;
    std::stable_sort(text.begin() + static_cast<std::ptrdiff_t>(begin),
                     text.begin() + static_cast<std::ptrdiff_t>(end), [](char32_t a, char32_t b) {
                       return combining_class(a) < combining_class(b);
                     });
    begin = end;
  }
}

std::u32string compose(const std::u32string& text) {
  std::u32string out;
  size_t starter = std::u32string::npos;
  uint8_t last_class = 0;
  for (const char32_t c : text) {
    const uint8_t mark = combining_class(c);
    const bool adjacent = starter != std::u32string::npos && starter + 1 == out.size();
    // A mark is blocked by an earlier one of its class or a higher one; a starter by anything in
    // between.
    if (starter != std::u32string::npos && (adjacent || (mark != 0 && last_class < mark))) {
      if (const char32_t whole = compose_pair(out[starter], c)) {
        out[starter] = whole;
        continue;
      }
    }
    if (mark == 0) starter = out.size();
    last_class = mark;
    out.push_back(c);
  }
  return out;
}

char32_t sigma_at(std::u32string_view text, size_t at) {
  const FormTables& tables = form_tables();
  size_t before = at;
  while (before > 0 && tables.ignorable.contains(text[before - 1])) --before;
  if (before == 0 || !tables.cased.contains(text[before - 1])) return kSmallSigma;
  size_t after = at + 1;
  while (after < text.size() && tables.ignorable.contains(text[after])) ++after;
  return after < text.size() && tables.cased.contains(text[after]) ? kSmallSigma : kFinalSigma;
}

}  // namespace

std::u32string to_nfc(std::u32string text) {
  // Below U+0300 nothing combines or decomposes for good.
  if (std::all_of(text.begin(), text.end(), [](char32_t c) { return c < 0x300; })) return text;
  std::u32string parts;
  parts.reserve(text.size());
  for (const char32_t c : text) decompose(c, parts);
  order_marks(parts);
  return compose(parts);
}

std::u32string to_lower(std::u32string_view text) {
  const FormTables& tables = form_tables();
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (c < 0x80) {
      out.push_back(c >= 'A' && c <= 'Z' ? c + 32 : c);
    } else if (c == kCapitalSigma) {
      out.push_back(sigma_at(text, i));
    } else if (const auto found = tables.lower.find(c); found != tables.lower.end()) {
      out += found->second;
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace fcclip::text
