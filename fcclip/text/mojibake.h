#pragma once
// Text that was decoded with the wrong encoding: recognised and mended as ftfy 6.3.1 does.

#include <string>
#include <string_view>

namespace fcclip::text {

/// True when characters stand side by side that hardly ever do in text that was decoded rightly.
bool looks_misdecoded(std::u32string_view text);

/// Undoes UTF-8 read as Latin-1, Windows-125x, ISO-8859-2, MacRoman or CP437, once or several times
/// over, in the whole text or in parts of it, also where bytes were lost or A0 became a space; C1
/// controls that remain become the characters Windows-1252 has there.
std::u32string mend_encoding(std::u32string text);

}  // namespace fcclip::text
