#pragma once
// Text files as people's editors write them, in UTF-8.

#include <filesystem>
#include <string>
#include <string_view>

namespace fcclip::words {

/// UTF-8 without a byte order mark (text::to_utf8), line ends "\n". Encodings beyond UTF-8 and
/// UTF-16 are not guessed. Throws Error{bad_format}: the line that is not UTF-8, and how to convert
/// it.
std::string decode_text(std::string_view bytes);

/// decode_text of a file, for lists of words and of templates. Throws also of read_file; of
/// something else than text it says what the file is.
std::string read_text_file(const std::filesystem::path& path);

}  // namespace fcclip::words
