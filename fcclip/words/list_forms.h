#pragma once
// Lists of classes that are neither JSON nor YAML. Internal to the folder.

#include <optional>
#include <string_view>
#include <vector>

#include "fcclip/words/rows.h"

namespace fcclip::words {

/// "0: person" or "1 person" a line (numbers that rise), "255 0 0 cat", "n01440764 tench, Tinca".
/// Nothing where the lines have another form.
std::optional<classify::Vocabulary> parse_numbered_lines(const std::vector<TextLine>& lines);

/// CVAT's label map of its Pascal VOC export: "name:r,g,b:parts:actions" a line.
std::optional<classify::Vocabulary> parse_label_map(const std::vector<TextLine>& lines);

/// TensorFlow's label_map.pbtxt: item { id: 1 name: 'cat' display_name: "Cat" }. Throws
/// Error{bad_format} naming the line.
classify::Vocabulary parse_pbtxt(std::string_view text);

/// Columns at tabs, semicolons or commas, quoted as in CSV, with or without a heading. The column
/// of the names is the one that the heading calls so, or the only one that is not numbers or
/// colours. Throws Error{bad_format} saying what stands in the way.
classify::Vocabulary parse_table(const std::vector<TextLine>& lines);
/// Whether the lines have such columns at all.
bool is_table(const std::vector<TextLine>& lines);

}  // namespace fcclip::words
