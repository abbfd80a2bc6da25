#include "fcclip/text/display_width.h"

#include "fcclip/text/unicode_text.h"

namespace fcclip::text {
namespace {

struct WidthTables {
  WidthTables() {
    const EmbeddedTable table = unicode_table();
    wide = RangeSet(table.numbers("wide"));
    none = RangeSet(table.numbers("no width"));
  }
  RangeSet wide, none;
};

int64_t width_of(char32_t c) {
  static const WidthTables tables;
  constexpr char32_t kFirstCombining = 0x300;
  if (c < kFirstCombining) return 1;
  if (tables.none.contains(c)) return 0;
  return tables.wide.contains(c) ? 2 : 1;
}

// What a terminal may be given in its place.
char32_t harmless(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return U'?';
  return c >= 0xD800 && c < 0xE000 ? kReplacement : c;
}

}  // namespace

int64_t display_width(std::string_view text) {
  int64_t width = 0;
  for (const char32_t c : decode_utf8(text)) width += width_of(c);
  return width;
}

std::string shortened_to(std::string_view text, int64_t width) {
  const bool fits = display_width(text) <= width;
  std::string out;
  int64_t used = 0;
  for (const char32_t c : decode_utf8(text)) {
    used += width_of(c);
    if (!fits && used > width - 1) return out + "…";
    append_utf8(harmless(c), out);
  }
  return out;
}

}  // namespace fcclip::text
