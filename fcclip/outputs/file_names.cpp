#include "fcclip/outputs/file_names.h"

#include <glib.h>
#include <memory>

namespace fcclip::outputs {
namespace {

// Letters' marks belong to them; pictographs are symbols, which file systems take as they are.
bool stays_in_file_name(gunichar c) {
  if (c == '-' || c == '_') return true;
  if (c < 128) return g_ascii_isalnum(static_cast<gchar>(c));
  return g_unichar_isalnum(c) || g_unichar_ismark(c) || g_unichar_type(c) == G_UNICODE_OTHER_SYMBOL;
}

}  // namespace

std::string file_name_part(const std::string& name, size_t bytes) {
  const std::unique_ptr<gchar, void (*)(gpointer)> valid(
      g_utf8_make_valid(name.data(), static_cast<gssize>(name.size())), g_free);
  std::string out;
  for (const gchar *at = valid.get(), *next = at; *at != '\0'; at = next) {
    next = g_utf8_next_char(at);
    const bool stays = stays_in_file_name(g_utf8_get_char(at)) && g_utf8_get_char(at) != 0xFFFD;
    const std::string piece = stays ? std::string(at, static_cast<size_t>(next - at)) : "_";
    if (piece == "_" && !out.empty() && out.back() == '_') continue;
    if (out.size() + piece.size() > bytes) break;
    out += piece;
  }
  return out.empty() ? "_" : out;
}

}  // namespace fcclip::outputs
