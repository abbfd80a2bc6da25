#pragma once
// Tables as spreadsheets write them: cells between tabs, commas, semicolons or bars.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fcclip::io {

/// One row; the views are of the text that was read.
struct DelimitedRow {
  int64_t line = 0;        ///< where it begins, from 1
  std::string_view whole;  ///< as it stands in the text, without its end
  std::vector<std::string> cells;
  bool is_object = false;  ///< it begins with '{': one cell
};

/// The separator of a table, from its first line that is neither blank nor an object: what "sep=;"
/// says, else a tab if there is one, else what comes first of comma, semicolon and bar outside
/// quotation marks; a tab where there is none of them.
char guess_separator(std::string_view text);

/// All rows but blank ones and "sep=…". Lines end with \n, \r\n or \r. Cells lose the spaces around
/// them. A cell may stand in quotation marks, doubled inside; of other separators than tabs it may
/// then go over several lines. A mark that begins a cell but does not end it is part of the cell. A
/// line that begins with '{' is one cell: an object of a list in JSON lines.
/// `text` must outlive the result. Throws Error{bad_format}, beginning with `name`, for a mark that
/// is never closed.
std::vector<DelimitedRow> read_rows(std::string_view text, char separator, std::string_view name);

}  // namespace fcclip::io
