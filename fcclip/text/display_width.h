#pragma once
// How wide text is where every character has one column or two: on a terminal.

#include <cstdint>
#include <string>
#include <string_view>

namespace fcclip::text {

/// Columns that a terminal shows the text in: two for East Asian wide characters and pictographs,
/// none for combining and invisible ones. Control characters count as shortened_to shows them.
int64_t display_width(std::string_view text);

/// At most `width` columns, the last of them "…" where something was left out; never cut inside a
/// character. Control characters, which could drive the terminal, become "?".
std::string shortened_to(std::string_view text, int64_t width);

}  // namespace fcclip::text
