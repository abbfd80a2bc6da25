#include "fcclip/text/mojibake.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <vector>

#include "fcclip/text/embedded_table.h"
#include "fcclip/text/sequence_patterns.h"
#include "fcclip/text/unicode_text.h"

namespace fcclip::text {
namespace {

constexpr size_t kMostEncodings = 16;
constexpr unsigned char kSubstitute = 0x1A;  // stands for U+FFFD in the sloppy encodings

enum class EncodingKind { exact, sloppy, macroman };

/// The single-byte encodings, in the order in which they are tried.
class SingleByteEncodings {
 public:
  explicit SingleByteEncodings(const EmbeddedTable& table) {
    for (const std::string& section : table.sections()) {
      if (section.rfind("encoding ", 0) != 0) continue;
      const bool sloppy = section.rfind("encoding sloppy", 0) == 0;
      const bool macroman = section.rfind("encoding macroman", 0) == 0;
      const size_t index = kinds_.size();
      kinds_.push_back(sloppy     ? EncodingKind::sloppy
                       : macroman ? EncodingKind::macroman
                                  : EncodingKind::exact);
      unsigned byte = 0x80;
      for (const TableItem& item : table.numbers(section)) {
        add(item.first, index, static_cast<unsigned char>(byte++));
      }
      if (section == "encoding sloppy windows-1252") windows_1252_ = table.numbers(section);
      add(sloppy ? kReplacement : kSubstitute, index, kSubstitute);
    }
  }

  size_t size() const { return kinds_.size(); }
  EncodingKind kind(size_t index) const { return kinds_[index]; }

  /// One bit for every encoding that has all characters of the text.
  uint32_t possible(std::u32string_view text) const {
    uint32_t all = (uint32_t{1} << kinds_.size()) - 1;
    for (const char32_t c : text) {
      if (c < 0x80 && c != kSubstitute) continue;
      const auto found = bytes_.find(c);
      all &= found == bytes_.end() ? 0 : found->second.encodings;
    }
    return all;
  }

  std::string encode(std::u32string_view text, size_t index) const {
    std::string out;
    out.reserve(text.size());
    for (const char32_t c : text) {
      const bool ascii = c < 0x80 && c != kSubstitute;
      out.push_back(static_cast<char>(ascii ? c : bytes_.at(c).byte[index]));
    }
    return out;
  }

  /// What Windows-1252 has where Latin-1 has the control character c.
  char32_t windows_1252(char32_t c) const { return windows_1252_[c - 0x80].first; }

 private:
  struct Bytes {
    uint32_t encodings = 0;
    std::array<unsigned char, kMostEncodings> byte{};
  };
  void add(char32_t c, size_t index, unsigned char byte) {
    bytes_[c].encodings |= uint32_t{1} << index;
    bytes_[c].byte[index] = byte;
  }

  std::vector<EncodingKind> kinds_;
  std::unordered_map<char32_t, Bytes> bytes_;
  std::vector<TableItem> windows_1252_;
};

struct MojibakeTables {
  MojibakeTables() : MojibakeTables(mojibake_table()) {}
  explicit MojibakeTables(const EmbeddedTable& table)
      : encodings(table),
        badness(table, "badness"),
        detector(table, "detector"),
        altered(table, "altered"),
        lossy(table, "lossy"),
        not_before_detected(table.numbers("detector not after")) {}

  SingleByteEncodings encodings;
  SequencePatterns badness, detector, altered, lossy;
  RangeSet not_before_detected;
};

const MojibakeTables& tables() {
  static const MojibakeTables loaded;
  return loaded;
}

bool is_c1(char32_t c) {
  return c >= 0x80 && c <= 0x9F;
}
bool is_ascii(char32_t c) {
  return c < 0x80;
}

/// "Ã la" is "à la", not "àla": the lost A0 is put back and the space stays, unless the rest is one
/// of the Portuguese words that begin with à, or a second space follows.
bool is_a_grave_word(std::string_view rest) {
  if (rest.substr(0, 2) != "\xC3 ") return false;
  rest.remove_prefix(2);
  for (const std::string_view word : {" ", "quele", "quela", "quilo", "s "}) {
    if (rest.substr(0, word.size()) == word) return false;
  }
  return true;
}

std::string restore_a0(std::string_view bytes) {
  std::string grave;
  for (size_t at = 0; at < bytes.size();) {
    if (is_a_grave_word(bytes.substr(at))) {
      grave += "\xC3\xA0 ";
      at += 2;
    } else {
      grave.push_back(bytes[at++]);
    }
  }
  const std::string_view view = grave;
  std::string out;
  for (size_t at = 0; at < view.size();) {
    const size_t length = std::max<size_t>(tables().altered.match(view, at), 1);
    const bool altered = length > 1;
    for (const size_t end = at + length; at < end; ++at) {
      out.push_back(altered && view[at] == ' ' ? '\xA0' : view[at]);
    }
  }
  return out;
}

std::string replace_lost(std::string_view bytes) {
  std::string out;
  for (size_t at = 0; at < bytes.size();) {
    const size_t length = tables().lossy.match(bytes, at);
    if (length > 0)
      append_utf8(kReplacement, out);
    else
      out.push_back(bytes[at]);
    at += std::max<size_t>(length, 1);
  }
  return out;
}

/// The text as UTF-8 that was read in encoding `index`, if it can be that.
std::optional<std::u32string> reread(std::u32string_view text, size_t index) {
  const EncodingKind kind = tables().encodings.kind(index);
  std::string bytes = tables().encodings.encode(text, index);
  // MacRoman has an en dash where it would look like an altered sequence: too many false alarms.
  if (kind != EncodingKind::macroman && tables().altered.found_in(std::string_view(bytes))) {
    bytes = restore_a0(bytes);
  }
  if (kind == EncodingKind::sloppy) bytes = replace_lost(bytes);
  const bool variants = bytes.find_first_of("\xED\xC0") != std::string::npos;
  return decode_utf8_strict(bytes, variants);
}

/// Length of the run of UTF-8-like sequences at text[at].
size_t detected_run(std::u32string_view text, size_t at) {
  if (at > 0 && tables().not_before_detected.contains(text[at - 1])) return 0;
  size_t end = at;
  while (end < text.size()) {
    const size_t length = tables().detector.match(text, end);
    if (length == 0) break;
    end += length;
  }
  return end - at;
}

/// Mends the parts that look like UTF-8 on their own.
std::u32string mend_parts(std::u32string_view text) {
  std::u32string out;
  for (size_t at = 0; at < text.size();) {
    const size_t length = detected_run(text, at);
    if (length == 0) {
      out.push_back(text[at++]);
      continue;
    }
    const std::u32string_view part = text.substr(at, length);
    // Only shorter parts, or this would not end.
    const bool mend = length < text.size() && looks_misdecoded(part);
    out += mend ? mend_encoding(std::u32string(part)) : std::u32string(part);
    at += length;
  }
  return out;
}

std::u32string mend_once(const std::u32string& text) {
  if (std::all_of(text.begin(), text.end(), is_ascii) || !looks_misdecoded(text)) return text;
  const uint32_t possible = tables().encodings.possible(text);
  for (size_t i = 0; i < tables().encodings.size(); ++i) {
    if ((possible >> i & 1) == 0) continue;
    if (auto mended = reread(text, i)) return std::move(*mended);
  }
  std::u32string mended = mend_parts(text);
  if (mended != text) return mended;
  for (char32_t& c : mended) {
    if (is_c1(c)) c = tables().encodings.windows_1252(c);
  }
  return mended;
}

}  // namespace

bool looks_misdecoded(std::u32string_view text) {
  return tables().badness.found_in(text);
}

std::u32string mend_encoding(std::u32string text) {
  while (true) {
    std::u32string mended = mend_once(text);
    if (mended == text) return mended;
    text = std::move(mended);
  }
}

}  // namespace fcclip::text
