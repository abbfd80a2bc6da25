#include "apps/text_width.h"

#include <cstdlib>
#include <glib.h>
#include <memory>
#include <sys/ioctl.h>
#include <unistd.h>

namespace fcclip::apps {
namespace {

using GlibText = std::unique_ptr<gchar, void (*)(gpointer)>;

GlibText valid_utf8(const std::string& text) {
  return {g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())), g_free};
}

int64_t character_width(gunichar c) {
  if (g_unichar_iszerowidth(c)) return 0;
  return g_unichar_iswide(c) ? 2 : 1;
}

}  // namespace

int64_t display_width(const std::string& text) {
  const GlibText valid = valid_utf8(text);
  int64_t width = 0;
  for (const gchar* at = valid.get(); *at != '\0'; at = g_utf8_next_char(at)) {
    width += character_width(g_utf8_get_char(at));
  }
  return width;
}

std::string shortened_to(const std::string& text, int64_t width) {
  const GlibText valid = valid_utf8(text);
  const bool fits = display_width(text) <= width;
  std::string out;
  int64_t used = 0;
  for (const gchar *at = valid.get(), *next = at; *at != '\0'; at = next) {
    next = g_utf8_next_char(at);
    const gunichar c = g_utf8_get_char(at);
    used += character_width(c);
    if (!fits && used > width - 1) return out + "…";
    out +=
        g_unichar_iscntrl(c) ? std::string("?") : std::string(at, static_cast<size_t>(next - at));
  }
  return out;
}

int64_t terminal_width() {
  if (isatty(STDOUT_FILENO) == 0) return 0;
  if (const char* set = std::getenv("COLUMNS"); set != nullptr) {
    if (const long columns = std::strtol(set, nullptr, 10); columns > 0) return columns;
  }
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace fcclip::apps
