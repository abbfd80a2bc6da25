#pragma once
// How wide text is on a terminal.

#include <cstdint>
#include <string>

namespace fcclip::apps {

/// Columns that a terminal shows the text in: two for East Asian wide characters and pictographs,
/// none for combining and invisible ones. Control characters count as shortened_to shows them.
int64_t display_width(const std::string& text);

/// At most `width` columns, the last of them "…" where something was left out; never cut inside a
/// character. Control characters, which could drive the terminal, become "?".
std::string shortened_to(const std::string& text, int64_t width);

/// Columns of the terminal that standard output is: $COLUMNS, or what the terminal says. 0 when it
/// is none, or does not say.
int64_t terminal_width();

}  // namespace fcclip::apps
