#pragma once
// Lines of a list of words and what one says of a class. Internal to the folder.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/core/plain_text.h"

namespace fcclip::words {

/// A line of a list.
struct TextLine {
  size_t number = 0;      ///< from 1
  std::string_view text;  ///< without blanks at its ends
  std::string_view row;   ///< with them: tabs there bound empty cells
};

/// The lines that are not empty, without comments ('#' first or after a blank); views of `text`.
std::vector<TextLine> content_lines(std::string_view text);

/// Views without blanks at both ends.
std::string_view trim(std::string_view text);
/// A whole number and nothing else.
std::optional<int64_t> whole_number(std::string_view text);
/// "255,0,0", "255 0 0", "(255, 0, 0)", "#ff0000".
std::optional<std::array<uint8_t, 3>> colour_of_text(std::string_view text);
/// "cat" or 'cat' -> cat; others as they are.
std::string_view unquoted(std::string_view text);

/// What a line says of a class; `line` counts from 1.
struct Row {
  size_t line = 0;
  std::optional<int64_t> id;  ///< negative: none
  std::string name;           ///< synonyms at bars or commas
  std::optional<bool> is_thing;
  std::optional<std::array<uint8_t, 3>> colour_rgb;
};

/// Classes in the order of the rows, by ids where they have them. Throws Error{bad_format} naming
/// the line of an empty name or of an id that occurs a second time.
classify::Vocabulary vocabulary_of(std::vector<Row> rows);

}  // namespace fcclip::words
