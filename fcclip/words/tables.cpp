// Tables of classes with columns.
#include <algorithm>
#include <array>

#include "fcclip/core/error.h"
#include "fcclip/text/printable.h"
#include "fcclip/words/list_forms.h"

namespace fcclip::words {
namespace {

using Cells = std::vector<std::string>;

// Of several columns that could be the name the first of this list counts.
constexpr std::array<std::string_view, 15> kNameTitles = {
    "name",        "class",        "class_name", "classname",     "label",
    "labelname",   "label_name",   "category",   "category_name", "title",
    "displayname", "display_name", "english",    "word",          "words"};
constexpr std::array<std::string_view, 3> kSynonymTitles = {"synonyms", "synonym", "aliases"};
constexpr std::array<std::string_view, 9> kNumberTitles = {
    "id", "idx", "index", "class_id", "classid", "category_id", "label_id", "number", "value"};
constexpr std::array<std::string_view, 6> kColourTitles = {"color",     "colour", "rgb",
                                                           "color_rgb", "hex",    "colour_rgb"};
constexpr std::array<std::string_view, 3> kThingTitles = {"isthing", "is_thing", "thing"};
constexpr std::array<std::string_view, 3> kStuffTitles = {"stuff", "isstuff", "is_stuff"};

/// One row of CSV: cells at `delimiter`, "" for a quotation mark inside quotation marks.
Cells cells_of(std::string_view line, char delimiter) {
  Cells cells(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += line[++i];
    } else if (c == '"' && (quoted || trim(cells.back()).empty())) {
      quoted = !quoted;
    } else if (c == delimiter && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  for (std::string& cell : cells) cell = std::string(unquoted(trim(cell)));
  return cells;
}

struct Table {
  std::vector<Cells> rows;
  std::vector<size_t> numbers;  ///< of the lines
  Cells titles;                 ///< lower case; empty without a heading
  size_t columns = 0;
};

char delimiter_of(const std::vector<TextLine>& lines) {
  for (const char candidate : {'\t', ';', ','}) {
    const bool everywhere = std::all_of(lines.begin(), lines.end(), [&](const TextLine& line) {
      return line.row.find(candidate) != std::string_view::npos;
    });
    if (everywhere) return candidate;
  }
  return '\0';
}

template <size_t N>
bool is_one_of(const std::string& title, const std::array<std::string_view, N>& titles) {
  return std::find(titles.begin(), titles.end(), title) != titles.end();
}

/// The column with the earliest title of the list.
template <size_t N>
std::optional<size_t> column_titled(const Table& table,
                                    const std::array<std::string_view, N>& titles) {
  for (const std::string_view title : titles) {
    const auto found = std::find(table.titles.begin(), table.titles.end(), title);
    if (found != table.titles.end()) return found - table.titles.begin();
  }
  return std::nullopt;
}

void take_heading(Table& table) {
  Cells titles;
  for (const std::string& cell : table.rows.front()) {
    if (whole_number(cell)) return;
    titles.push_back(lower_ascii(cell));
    std::replace(titles.back().begin(), titles.back().end(), ' ', '_');
  }
  const bool known = std::any_of(titles.begin(), titles.end(), [](const std::string& title) {
    return is_one_of(title, kNameTitles);
  });
  if (!known || table.rows.size() < 2) return;
  table.titles = std::move(titles);
  table.rows.erase(table.rows.begin());
  table.numbers.erase(table.numbers.begin());
}

Table table_of(const std::vector<TextLine>& lines, char delimiter) {
  Table table;
  for (const TextLine& line : lines) {
    Cells cells = cells_of(line.row, delimiter);
    while (cells.size() > 1 && cells.back().empty()) cells.pop_back();
    table.columns = std::max(table.columns, cells.size());
    table.rows.push_back(std::move(cells));
    table.numbers.push_back(line.number);
  }
  for (Cells& cells : table.rows) cells.resize(table.columns);
  take_heading(table);
  return table;
}

enum class Column { empty, numbers, colours, text };

Column kind_of_column(const Table& table, size_t column) {
  bool empty = true, numbers = true, colours = true;
  for (const Cells& cells : table.rows) {
    const std::string& cell = cells[column];
    empty = empty && cell.empty();
    numbers = numbers && whole_number(cell).has_value();
    colours = colours && colour_of_text(cell).has_value();
  }
  if (empty) return Column::empty;
  if (numbers) return Column::numbers;
  return colours ? Column::colours : Column::text;
}

/// Without a heading: the only column of text.
size_t only_text_column(const Table& table, char delimiter) {
  std::vector<size_t> found;
  for (size_t column = 0; column < table.columns; ++column) {
    if (kind_of_column(table, column) == Column::text) found.push_back(column);
  }
  if (found.size() == 1) return found.front();
  const std::string sign = delimiter == '\t' ? "tabs" : std::string("'") + delimiter + "'";
  if (found.empty()) {
    fail(ErrorCode::bad_format,
         "a table of numbers without names (is this a file of labels?); expected one class a line");
  }
  fail(ErrorCode::bad_format, "line ", table.numbers.front(), " has ", found.size(),
       " texts between ", sign,
       ": one class a line, synonyms between bars (mug | cup); of a table, say in a first line "
       "which "
       "column is the name (id,name)");
}

std::optional<bool> truth_of(const std::string& cell) {
  const std::string text = lower_ascii(cell);
  if (text == "1" || text == "true" || text == "yes" || text == "thing") return true;
  if (text == "0" || text == "false" || text == "no" || text == "stuff") return false;
  return std::nullopt;
}

/// Three columns of numbers called r, g, b; or, without a heading, three in a row.
std::optional<size_t> first_colour_column(const Table& table) {
  for (size_t column = 0; column + 2 < table.columns; ++column) {
    if (!table.titles.empty()) {
      const std::string& title = table.titles[column];
      if ((title == "r" || title == "red") && table.titles[column + 1].starts_with('g'))
        return column;
      continue;
    }
    const auto is_number = [&](size_t c) { return kind_of_column(table, c) == Column::numbers; };
    if (is_number(column) && is_number(column + 1) && is_number(column + 2)) {
      const bool fourth = column + 3 < table.columns && is_number(column + 3);
      return fourth ? column + 1 : column;  // a number, then the colour
    }
  }
  return std::nullopt;
}

struct Columns {
  size_t name = 0;
  std::optional<size_t> synonyms, number, colour, first_colour, thing, stuff;
};

Columns columns_of(const Table& table, char delimiter) {
  Columns columns;
  const auto named = column_titled(table, kNameTitles);
  columns.name = named ? *named : only_text_column(table, delimiter);
  columns.first_colour = first_colour_column(table);
  if (table.titles.empty()) {
    for (size_t column = 0; column < table.columns; ++column) {
      const Column kind = kind_of_column(table, column);
      const bool in_colour = columns.first_colour && column >= *columns.first_colour &&
                             column < *columns.first_colour + 3;
      if (kind == Column::colours) columns.colour = column;
      if (kind == Column::numbers && !in_colour && !columns.number) columns.number = column;
    }
    return columns;
  }
  columns.synonyms = column_titled(table, kSynonymTitles);
  columns.number = column_titled(table, kNumberTitles);
  columns.colour = column_titled(table, kColourTitles);
  columns.thing = column_titled(table, kThingTitles);
  columns.stuff = column_titled(table, kStuffTitles);
  return columns;
}

Row row_of(const Cells& cells, const Columns& columns) {
  Row row;
  row.name = cells[columns.name];
  if (columns.synonyms) {
    std::string more = cells[*columns.synonyms];
    std::replace(more.begin(), more.end(), ';', '|');
    if (!more.empty()) row.name += "|" + more;
  }
  if (columns.number) row.id = whole_number(cells[*columns.number]);
  if (columns.colour) row.colour_rgb = colour_of_text(cells[*columns.colour]);
  if (columns.first_colour) {
    const size_t at = *columns.first_colour;
    row.colour_rgb = colour_of_text(cells[at] + "," + cells[at + 1] + "," + cells[at + 2]);
  }
  if (columns.thing) row.is_thing = truth_of(cells[*columns.thing]);
  if (columns.stuff) {
    const auto is_stuff = truth_of(cells[*columns.stuff]);
    if (is_stuff) row.is_thing = !*is_stuff;
  }
  return row;
}

}  // namespace

bool is_table(const std::vector<TextLine>& lines) {
  return std::any_of(lines.begin(), lines.end(), [](const TextLine& line) {
    return line.text.find_first_of("\t;,") != std::string_view::npos;
  });
}

classify::Vocabulary parse_table(const std::vector<TextLine>& lines) {
  const char delimiter = delimiter_of(lines);
  if (delimiter == '\0') {
    const auto odd = std::find_if(lines.begin(), lines.end(), [](const TextLine& line) {
      return line.text.find_first_of("\t;,") != std::string_view::npos;
    });
    fail(ErrorCode::bad_format, "line ", odd->number, " (\"", text::printable(odd->text, 40),
         "\") has tabs, semicolons or commas, other lines have none: one class a line, synonyms "
         "between bars (mug | cup)");
  }
  const Table table = table_of(lines, delimiter);
  const Columns columns = columns_of(table, delimiter);
  std::vector<Row> rows;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    rows.push_back(row_of(table.rows[i], columns));
    rows.back().line = table.numbers[i];
  }
  return vocabulary_of(std::move(rows));
}

}  // namespace fcclip::words
